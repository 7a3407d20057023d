using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>The file by which Jupyter knows and starts this kernel.</summary>
internal static class KernelSpec
{
    private const string Mark = "branchgrpo";                                   // in the metadata: the kernelspec is this kit's
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the kernelspec of the program that runs now.</summary>
    /// <param name="folder">Folder of the kernelspec.</param>
    /// <param name="displayName">What Jupyter shows.</param>
    /// <param name="force">Also in place of somebody else's.</param>
    /// <returns>Path of the file.</returns>
    /// <exception cref="IOException">Somebody else's is there; the message says whose.</exception>
    public static string Install(string folder, string displayName, bool force)
    {
        RefuseOthers(folder, force, "replaces");
        if (force && IsThere(folder) && !IsOurs(folder)) Directory.Delete(folder, recursive: true);     // its scripts and pictures too
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "kernel.json");
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, Content(displayName).ToJsonString(indented) + "\n");
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }

    /// <summary>Removes a kernelspec.</summary>
    /// <exception cref="IOException">There is none, or it is somebody else's.</exception>
    public static void Uninstall(string folder, bool force)
    {
        if (!IsThere(folder)) throw new DirectoryNotFoundException($"There is no kernelspec at {folder}.");
        RefuseOthers(folder, force, "removes");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The command line that starts a kernel: by <c>dotnet</c> where there is one, since a program alone may not find it.</summary>
    public static IReadOnlyList<string> CommandLine()
    {
        var dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        var program = Path.Combine(AppContext.BaseDirectory, "branchgrpo.dll");
        string[] start = File.Exists(dotnet) && File.Exists(program) ? [Path.GetFullPath(dotnet), program] : [Environment.ProcessPath!];
        return [.. start, "kernel", "run", "--connection-file", "{connection_file}"];
    }

    private static JsonObject Content(string displayName) => new()
    {
        ["argv"] = new JsonArray([.. CommandLine().Select(word => JsonValue.Create(word))]),
        ["display_name"] = displayName,
        ["language"] = "C#",
        ["interrupt_mode"] = "message",
        ["metadata"] = new JsonObject { [Mark] = new JsonObject { ["version"] = KernelInfo.Version } },
    };

    private static void RefuseOthers(string folder, bool force, string does)
    {
        if (force || !IsThere(folder) || IsOurs(folder)) return;
        var spec = Read(folder);
        var what = spec?["display_name"]?.ToString() is { Length: > 0 } name
            ? $"the kernelspec \"{name}\""
            : "something that is not this kit's kernelspec";
        var runs = spec?["argv"] is JsonArray { Count: > 0 } words ? $", which runs '{string.Join(' ', words)}'" : "";
        throw new IOException($"{folder} holds {what}{runs}; --force {does} it.");
    }

    private static bool IsThere(string folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();

    private static bool IsOurs(string folder) => Read(folder)?["metadata"] is JsonObject metadata && metadata.ContainsKey(Mark);

    private static JsonObject? Read(string folder)
    {
        var path = Path.Combine(folder, "kernel.json");
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
