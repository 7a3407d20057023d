using System.Globalization;
using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>What every table is measured with.</summary>
/// <param name="Repetitions">Rounds that count.</param>
/// <param name="Threads">Threads of the CPU.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Size">Of the policy.</param>
/// <param name="MicroBatch">Latents per policy call.</param>
internal sealed record BenchmarkSettings(int Repetitions, int Threads, string Device, ShapesSize Size, int MicroBatch)
{
    /// <summary>Forward memory that keeps whatever can be kept.</summary>
    public const long Kept = 8L << 30;

    public BranchGrpo.Kit.ExperimentTask Task() => ShapesTask.Create(size: Size, device: new Device(Device));

    /// <summary>A line of a Markdown table.</summary>
    public static void Row(params object[] cells) => Console.WriteLine("| " + string.Join(" | ", cells.Select(c => c switch
    {
        double d => d.ToString("0.000", CultureInfo.InvariantCulture),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => c.ToString(),
    })) + " |");

    public static void Head(string title, params string[] columns)
    {
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine();
        Row(columns);
        Row([.. columns.Select(_ => "---")]);
    }
}
