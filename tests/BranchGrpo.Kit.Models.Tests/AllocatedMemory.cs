using System.Runtime.InteropServices;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>What the C library has handed out to this process, heap and mapped blocks together.</summary>
internal static partial class AllocatedMemory
{
    /// <summary>Bytes; what earlier tests left to the collector is freed first, not while others count.</summary>
    public static long Bytes()
    {
        for (var round = 0; round < 2; round++)                    // a finalizer may free the last owner of something else
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        var counts = Information();
        return (long)(counts.MappedBytes + counts.UsedBytes);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Counts Information();

    [StructLayout(LayoutKind.Sequential)]
    private struct Counts
    {
        public nuint Arena, FreeBlocks, FastBlocks, Mappings, MappedBytes, Highest, FastBytes, UsedBytes, FreeBytes, Top;
    }
}
