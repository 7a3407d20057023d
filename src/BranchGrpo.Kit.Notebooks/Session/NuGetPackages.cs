using System.Diagnostics;
using System.Security;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Packages that a cell asks for by <c>#r "nuget: id, version"</c>: restored by the SDK into the user's package cache.</summary>
internal static partial class NuGetPackages
{
    /// <summary>The assemblies of a package and of all it depends on.</summary>
    /// <param name="argument">As in the cell: <c>"nuget: id, version"</c> or <c>"nuget: id"</c>.</param>
    /// <param name="sources">Further package sources of the session.</param>
    /// <param name="folder">Where the SDK looks for a <c>nuget.config</c>.</param>
    /// <exception cref="InvalidOperationException">It cannot be had; the message is the restore's.</exception>
    public static IReadOnlyList<string> Restore(string argument, IReadOnlyList<string> sources, string folder)
    {
        var match = Reference().Match(argument);
        if (!match.Success)
            throw new InvalidOperationException($"#r {argument} is not understood; write #r \"nuget: Package.Id, 1.2.3\".");
        var (id, version) = (match.Groups["id"].Value, match.Groups["version"] is { Success: true } v ? v.Value : "*");
        var work = Directory.CreateTempSubdirectory("branchgrpo-nuget-").FullName;
        try
        {
            foreach (var config in (string[])["nuget.config", "NuGet.config", "NuGet.Config"])
                for (var up = new DirectoryInfo(folder); up is not null; up = up.Parent)
                    if (Path.Combine(up.FullName, config) is var file && File.Exists(file) && !File.Exists(Path.Combine(work, "nuget.config")))
                        File.Copy(file, Path.Combine(work, "nuget.config"));
            File.WriteAllText(Path.Combine(work, "cell.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageReference Include="{SecurityElement.Escape(id)}" Version="{SecurityElement.Escape(version)}" /></ItemGroup>
                </Project>
                """);
            Run(work, ["restore", "-v", "quiet", .. sources.SelectMany(s => new[] { "--source", s })], $"{id} {version}");
            return Assemblies(Path.Combine(work, "obj", "project.assets.json"));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Run(string folder, IEnumerable<string> arguments, string package)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The .NET SDK (dotnet) could not be started.");
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0) return;
        var reasons = output.Split('\n').Concat(error.Result.Split('\n')).Where(l => l.Contains("error", StringComparison.OrdinalIgnoreCase))
            .Select(l => l[(l.IndexOf("error", StringComparison.OrdinalIgnoreCase))..].Trim()).Distinct();
        throw new InvalidOperationException($"Package {package} could not be restored: {string.Join(" ", reasons.Take(3))}");
    }

    // The compile assets say what to refer to; the runtime assets of the same packages are what is loaded.
    private static List<string> Assemblies(string assets)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(assets));
        var folders = json.RootElement.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name).ToArray();
        var libraries = json.RootElement.GetProperty("libraries");
        var found = new List<string>();
        foreach (var library in json.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject())
        {
            if (!library.Value.TryGetProperty("runtime", out var runtime)) continue;
            var path = libraries.GetProperty(library.Name).GetProperty("path").GetString()!;
            foreach (var file in runtime.EnumerateObject().Where(f => f.Name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)))
                if (folders.Select(f => Path.Combine(f, path, file.Name)).FirstOrDefault(File.Exists) is { } found1) found.Add(found1);
        }
        return found;
    }

    [GeneratedRegex("^\"nuget:\\s*(?<id>[\\w.-]+)\\s*(,\\s*(?<version>[^\"\\s]+)\\s*)?\"$", RegexOptions.IgnoreCase)]
    private static partial Regex Reference();
}
