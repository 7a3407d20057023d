using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Finds the folder with the embedded task's weights, and reads from it.</summary>
public static class ShapesData
{
    /// <summary>Names a folder to use instead of the repository's <c>data</c>.</summary>
    public const string Variable = "BRANCHGRPO_DATA";

    private const string Remedy = "`branchgrpo shapes pretrain` makes it";

    /// <summary>
    /// The folder: the one given; else the one of <see cref="Variable"/> (or its <c>shapes</c> inside); else <c>data/shapes</c> beside or above
    /// the program, the current folder or the kit's own file.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">None of these; the message says where it was looked for.</exception>
    public static string Locate(string? folder = null)
    {
        folder ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : null;
        if (folder is not null)
        {
            var inside = Path.Combine(folder, "shapes");
            if (Directory.Exists(inside)) return inside;
            return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"no data folder {Path.GetFullPath(folder)}; {Remedy}");
        }
        string[] starts = [AppContext.BaseDirectory, Directory.GetCurrentDirectory(), .. OwnFolder()];
        foreach (var start in starts)
            for (var up = new DirectoryInfo(start); up is not null; up = up.Parent)
            {
                var candidate = Path.Combine(up.FullName, "data", "shapes");
                if (Directory.Exists(candidate)) return candidate;
            }
        throw new DirectoryNotFoundException($"no folder data/shapes in or above {string.Join(" or ", starts)}, and {Variable} is not set; {Remedy}");
    }

    // Where a script refers to the kit, the program is somebody else's.
    private static string[] OwnFolder() =>
        Path.GetDirectoryName(typeof(ShapesData).Assembly.Location) is { Length: > 0 } folder ? [folder] : [];

    /// <summary>Reads weights into a network, with names and shapes checked.</summary>
    internal static void LoadInto(nn.Module network, string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} is missing; {Remedy}", path);
        try
        {
            SafeTensors.LoadInto(network, path);
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException($"{damage.Message.TrimEnd('.')}; {Remedy} anew", damage);
        }
    }
}
