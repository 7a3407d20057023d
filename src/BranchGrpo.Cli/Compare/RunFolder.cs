using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Compare;

/// <summary>The files of a comparison. Everything but the records is written to a temporary file and renamed.</summary>
internal static class RunFolder
{
    public const string Plan = "run.json";
    public const string Results = "results.csv";
    public const string Summary = "summary.csv";
    public const string Report = "report.html";
    public const string Before = "before.png";
    public const string After = "after.png";
    public const string Policy = "policy.safetensors";

    public static string Of(string folder, string method, ulong seed) => Path.Combine(folder, $"{method}-seed{seed}");

    /// <summary>Makes the folder and proves that it can be written to.</summary>
    /// <exception cref="Failure">It cannot.</exception>
    public static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Environment.ProcessId}.tmp");
            using (new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Failure($"cannot write to the run folder {Path.GetFullPath(folder)}: {e.Message} Choose another with --out.");
        }
    }

    public static void WriteText(string path, string text) => WholeFile.Write(path, temporary => File.WriteAllText(temporary, text));
}
