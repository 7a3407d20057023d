namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>The folder of reference files: BRANCHGRPO_GOLDEN, or tests/fixtures/golden of this repository.</summary>
internal static class GoldenFiles
{
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("BRANCHGRPO_GOLDEN") is { Length: > 0 } chosen) return chosen;
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (Directory.Exists(Path.Combine(folder.FullName, "tests", "fixtures", "golden"))) return Path.Combine(folder.FullName, "tests",
                    "fixtures", "golden");
            throw new DirectoryNotFoundException($"No tests/fixtures/golden above {AppContext.BaseDirectory}; set BRANCHGRPO_GOLDEN.");
        }
    }

    public static IEnumerable<string> All => Directory.GetFiles(Folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
