using System.Collections.Concurrent;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Lines on standard error. Where nobody reads them they are lost, and the kernel goes on.</summary>
internal sealed class KernelLog
{
    private const int Waiting = 256;
    private readonly BlockingCollection<string> lines = new(Waiting);

    public KernelLog(TextWriter errors) => new Thread(() =>
    {
        foreach (var line in lines.GetConsumingEnumerable()) errors.WriteLine("branchgrpo kernel: " + line);
    })
    { IsBackground = true, Name = "log" }.Start();

    /// <summary>Writes a line, without waiting for it.</summary>
    public void Write(string line) => lines.TryAdd(line.ReplaceLineEndings(" "));
}
