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

    [LibraryImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static partial int Initialise(uint flags);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static partial int Find(out int card, int number);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int Total(out nuint bytes, int card);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGetName")]
    private static partial int NameOf([Out] byte[] name, int length, int card);
}
