using System.Runtime.InteropServices;

namespace BranchGrpo.Cli;

/// <summary>What the numbers were measured on.</summary>
internal static class Machine
{
    public static string Processor
    {
        get
        {
            const string file = "/proc/cpuinfo";
            var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
            return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    /// <summary>Memory that this process may use, in bytes.</summary>
    public static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public static string Kit => typeof(Kit.FlowPolicy).Assembly.GetName().Version!.ToString(3);

    public static string TorchSharp => typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3);

    public static object Describe() => new
    {
        system = RuntimeInformation.OSDescription,
        processor = Processor,
        processors = Environment.ProcessorCount,
        memoryGiB = Memory >> 30,
        dotnet = Environment.Version.ToString(),
        kit = Kit,
        torchSharp = TorchSharp,
    };

    public static string Line(string device)
    {
        var where = device == "cpu" ? $"one-thread workers on {Environment.ProcessorCount} processors ({Processor})" : device;
        return $"{where}, .NET {Environment.Version}, TorchSharp {TorchSharp}";
    }
}
