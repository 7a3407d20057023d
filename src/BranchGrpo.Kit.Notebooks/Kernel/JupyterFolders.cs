using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Where Jupyter looks for kernelspecs.</summary>
internal static partial class JupyterFolders
{
    /// <summary>The user's data folder: <c>JUPYTER_DATA_DIR</c>, or the place of the system.</summary>
    public static string UserData
    {
        get
        {
            if (Variable("JUPYTER_DATA_DIR") is { } chosen) return chosen;
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter");
            if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Jupyter");
            return Path.Combine(Variable("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share"), "jupyter");
        }
    }

    /// <summary>Folder of a kernelspec.</summary>
    /// <param name="prefix">Of an installation, e.g. <c>/usr/local</c> or a virtual environment; null for the user's own.</param>
    /// <param name="name">Name of the kernelspec.</param>
    /// <exception cref="ArgumentException">Jupyter takes no such name.</exception>
    public static string KernelSpec(string? prefix, string name)
    {
        if (!Name().IsMatch(name)) throw new ArgumentException($"\"{name}\" is no name for a kernelspec: letters, digits, '-', '_' and '.' only.");
        return Path.Combine(prefix is null ? UserData : Path.Combine(Path.GetFullPath(prefix), "share", "jupyter"), "kernels", name);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [GeneratedRegex(@"^\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
    private static partial Regex Name();
}
