using System.Globalization;
using System.Runtime.InteropServices;

namespace BranchGrpo.Benchmarks;

/// <summary>Resident memory of this process, as Linux counts it.</summary>
internal static partial class ResidentMemory
{
    private const int MapThreshold = -3;

    /// <summary>Gives every large block a mapping of its own, so that freed memory is not resident.</summary>
    public static void Separate() => _ = Option(MapThreshold, 1 << 16);

    /// <summary>Bytes by which an action raises the resident memory at its height.</summary>
    public static long Rise(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        _ = Trim(0);
        File.WriteAllText("/proc/self/clear_refs", "5");                        // the high-water mark begins again
        var before = Read("VmRSS:");
        action();
        return Read("VmHWM:") - before;
    }

    private static long Read(string name) => long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture) << 10;

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Option(int option, int value);
}
