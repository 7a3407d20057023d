namespace BranchGrpo.Kit.Models.Tests;

/// <summary>The folder of reference cases: BRANCHGRPO_FIXTURES, or tests/fixtures of this repository. Cases are found, never listed by name.</summary>
internal static class Fixtures
{
    public static string Folder { get; } = Find();

    /// <summary>Every folder of a family that holds a case.json, relative to the folder of fixtures.</summary>
    /// <param name="family">A folder such as <c>flux</c> or <c>tokenizers</c>.</param>
    /// <param name="where">Chooses by the full path of the case's folder: by the files in it, not by its name.</param>
    public static TheoryData<string> Cases(string family, Func<string, bool>? where = null)
    {
        var root = Path.Combine(Folder, family);
        var found = new TheoryData<string>();
        if (!Directory.Exists(root)) return found;
        foreach (var file in Directory.GetFiles(root, "case.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            if (where?.Invoke(Path.GetDirectoryName(file)!) != false) found.Add(Path.GetRelativePath(Folder, Path.GetDirectoryName(file)!));
        return found;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("BRANCHGRPO_FIXTURES") is { Length: > 0 } chosen) return chosen;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "tests", "fixtures"))) return Path.Combine(folder.FullName, "tests", "fixtures");
        throw new DirectoryNotFoundException($"No tests/fixtures above {AppContext.BaseDirectory}; set BRANCHGRPO_FIXTURES.");
    }
}
