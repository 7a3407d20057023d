using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>How much memory a device has. libtorch does not say it through TorchSharp, so a CUDA device is asked through its driver.</summary>
/// <param name="Name">Of the card, or of the processor's memory.</param>
/// <param name="Bytes">Altogether, not only what is free.</param>
public sealed partial record DeviceMemory(string Name, long Bytes)
{
    /// <summary>Asks a device.</summary>
    /// <returns>Null where the driver does not answer.</returns>
    public static DeviceMemory? Of(Device device)
    {
        if (device.type != TorchSharp.DeviceType.CUDA) return new("memory of this process", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        try
        {
            if (Initialise(0) != 0 || Find(out var card, Math.Max(0, device.index)) != 0 || Total(out var bytes, card) != 0) return null;
            var name = new byte[256];
            _ = NameOf(name, name.Length, card);
            return new(Encoding.ASCII.GetString(name).TrimEnd('\0'), (long)bytes);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Bytes that a process may count on now: what the device has, on the CPU no more than the system calls available. 0 where nobody
    /// knows.</summary>
    public static long Available(Device device)
    {
        var all = Of(device)?.Bytes ?? 0;
        const string system = "/proc/meminfo";                                                     // in KiB
        if (device.type != TorchSharp.DeviceType.CPU || !File.Exists(system)) return all;
        var line = File.ReadLines(system).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..]
            ? Math.Min(all, long.Parse(kibibytes, CultureInfo.InvariantCulture) << 10)
            : all;
    }

    [LibraryImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static partial int Initialise(uint flags);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static partial int Find(out int card, int number);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int Total(out nuint bytes, int card);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGetName")]
    private static partial int NameOf([Out] byte[] name, int length, int card);
}
