using System.Reflection;
using System.Text.RegularExpressions;
using TorchSharp;

namespace BranchGrpo.Kit.Native;

/// <summary>Finds libtorch and TorchSharp's native library without loading anything.</summary>
internal static partial class LibTorchLocator
{
    public const string Variable = "BRANCHGRPO_LIBTORCH";
    private const string Core = "libtorch_cpu.so";
    private const string Shim = "libLibTorchSharp.so";

    /// <summary>Versions whose exported symbols TorchSharp 0.107 was checked against; 2.13 dropped 15 of them.</summary>
    private static readonly Version Oldest = new(2, 10), Newest = new(2, 12);

    /// <summary>Folder of libtorch, what chose it, and its version where known.</summary>
    /// <exception cref="LibTorchNotFoundException">Nothing usable; the message says what was looked for and found.</exception>
    public static (string Folder, string Source, string Version) Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) return FromVariable(chosen);
        foreach (var (folder, source, version) in Candidates("libtorch-cpu-linux-x64", "2.10.0"))
            if (File.Exists(Path.Combine(folder, Core))) return (folder, source, version);
        throw new LibTorchNotFoundException($"libtorch was not found: looked for {Core} in {Folders("libtorch-cpu-linux-x64", "2.10.0")}. "
            + $"Run `dotnet restore` on a project that uses the kit, or set {Variable} to the torch/lib folder of a PyTorch {Oldest}–{Newest}.");
    }

    /// <summary>TorchSharp's native library.</summary>
    public static string FindShim()
    {
        var version = typeof(torch).Assembly.GetName().Version!.ToString(3);
        foreach (var (folder, _, _) in Candidates("torchsharp", version))
            if (File.Exists(Path.Combine(folder, Shim))) return Path.Combine(folder, Shim);
        throw new LibTorchNotFoundException($"TorchSharp's native library was not found: looked for {Shim} in {Folders("torchsharp", version)}. "
            + "Keep the runtimes folder beside the program, or run `dotnet restore`.");
    }

    private static (string, string, string) FromVariable(string chosen)
    {
        var folder = new[] { chosen, Path.Combine(chosen, "lib"), Path.Combine(chosen, "torch", "lib") }.FirstOrDefault(f =>
            File.Exists(Path.Combine(f, Core)));
        if (folder is null)
            throw new LibTorchNotFoundException($"{Variable} is \"{chosen}\", but there is no {Core} in it, in its lib or in its torch/lib folder"
                + (Directory.Exists(chosen) ? "" : " (the folder does not exist)") + ". Set it to the torch/lib folder of a PyTorch or libtorch, or unset it.");
        var (version, file) = VersionOf(folder);
        if (version is null)
            throw new LibTorchNotFoundException($"{Variable} is \"{chosen}\": {folder} holds libtorch, but neither version.py nor "
                + "build-version beside it says which "
                + $"version. Point at a complete PyTorch or libtorch {Oldest}–{Newest}.");
        if (version < Oldest || version > Newest)
            throw new LibTorchNotFoundException($"{Variable} is \"{chosen}\", which is libtorch {version} ({file}); "
                + $"TorchSharp 0.107 works with {Oldest} to {Newest}. "
                + "Install one of these, or unset the variable.");
        return (folder, Variable, version.ToString());
    }

    private static (Version? Version, string File) VersionOf(string folder)
    {
        foreach (var file in new[] { Path.Combine(folder, "..", "version.py"), Path.Combine(folder, "..", "build-version"),
            Path.Combine(folder, "build-version") })
            if (File.Exists(file) && VersionNumber().Match(File.ReadAllText(file)) is { Success: true } match)
                return (new(int.Parse(match.Groups[1].Value), int.Parse(match.Groups[2].Value)), Path.GetFullPath(file));
        return (null, "");
    }

    private static IEnumerable<(string Folder, string Source, string Version)> Candidates(string package, string version)
    {
        foreach (var home in new[] { Path.GetDirectoryName(typeof(torch).Assembly.Location),
            Path.GetDirectoryName(typeof(LibTorchLocator).Assembly.Location), AppContext.BaseDirectory })
        {
            if (string.IsNullOrEmpty(home)) continue;
            yield return (home, "program folder", version);
            yield return (Path.Combine(home, "runtimes", "linux-x64", "native"), "program folder", version);
        }
        foreach (var cache in PackageFolders())
            yield return (Path.Combine(cache, package, version, "runtimes", "linux-x64", "native"), "NuGet package", version);
    }

    private static IEnumerable<string> PackageFolders()
    {
        if (Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } chosen) yield return chosen;
        var built = typeof(LibTorchLocator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "NuGetPackageRoot")?.Value;
        if (!string.IsNullOrEmpty(built)) yield return built;
        yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
    }

    private static string Folders(string package, string version) => string.Join(", ", Candidates(package, version).Select(c => c.Folder).Distinct());

    [GeneratedRegex("""(?:__version__\s*=\s*['"])?(\d+)\.(\d+)\.\d+""")]
    private static partial Regex VersionNumber();
}

/// <summary>libtorch is missing, or the one asked for cannot be used. Nothing was loaded: mend the cause and call <see cref="LibTorch.Load"/>
/// again.</summary>
public sealed class LibTorchNotFoundException(string message) : Exception(message);
