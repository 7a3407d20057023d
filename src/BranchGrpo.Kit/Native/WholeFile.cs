namespace BranchGrpo.Kit.Native;

/// <summary>Files that are there whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Lets <paramref name="write"/> fill a temporary file beside the target, then gives it its name. A failure leaves what was
    /// there.</summary>
    /// <param name="path">Replaced if it exists; its folder is made if need be.</param>
    /// <param name="write">Told the name of the temporary file.</param>
    public static void Write(string path, Action<string> write)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
