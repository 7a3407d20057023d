using System.CommandLine;

namespace BranchGrpo.Cli.Images;

/// <summary>The folder of published checkpoints, which several commands take.</summary>
internal static class ModelsOption
{
    /// <summary>Names the folder where no option does.</summary>
    public const string Variable = "BRANCHGRPO_MODELS";

    /// <summary>The folder that the environment names; null if it names none.</summary>
    public static string? Default => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    public static Option<DirectoryInfo?> Create() => new("--models")
    {
        Description = $"folder of your FLUX or SD3 pipeline and reward models; {Variable} if not given",
    };

    /// <summary>The folder that was chosen.</summary>
    /// <exception cref="Failure">None.</exception>
    public static string Require(DirectoryInfo? given, string what) => given?.FullName ?? Default
        ?? throw new Failure($"{what} needs --models, the folder of your checkpoints ('models make-tiny DIR' makes one to try things out)");
}
