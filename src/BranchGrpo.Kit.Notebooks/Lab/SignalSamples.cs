using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The gradients of a recipe over iterations: whole, and apart for each denoising step.</summary>
/// <param name="scale">What Adam would divide by. Shape [P]; borrowed.</param>
internal sealed class SignalSamples(Tensor scale) : IDisposable
{
    private readonly SortedDictionary<int, (double Sigma, SignalSample Sample)> steps = [];

    /// <summary>All trained edges of an iteration.</summary>
    public SignalSample Whole { get; } = new(scale);

    /// <summary>The steps that at least two iterations trained.</summary>
    public StepSignal[] Steps
    {
        get
        {
            double Length(SignalSample sample) => sample.ScaledSquaredNorm * sample.Count;
            var all = steps.Values.Sum(s => Length(s.Sample));
            return [.. steps.Where(s => s.Value.Sample.Count > 1).Select(s =>
                new StepSignal(s.Key, s.Value.Sigma, Length(s.Value.Sample) / all, s.Value.Sample.Plain, s.Value.Sample.Adam))];
        }
    }

    /// <summary>Takes in the gradient of an iteration.</summary>
    /// <param name="iteration">From 1.</param>
    /// <param name="byDepth">Shape [P] each; borrowed.</param>
    /// <param name="schedule">Noise levels of the iteration.</param>
    public void Add(int iteration, IReadOnlyDictionary<int, Tensor> byDepth, NoiseSchedule schedule)
    {
        using var scope = NewDisposeScope();
        foreach (var (depth, part) in byDepth)
        {
            if (!steps.TryGetValue(depth - 1, out var step)) steps[depth - 1] = step = (schedule[depth - 1], new(scale));
            step.Sample.Add(iteration, part);
        }
        Whole.Add(iteration, stack([.. byDepth.Values], 0).sum(dim: 0));                            // [P]
    }

    /// <summary>Frees the gradients.</summary>
    public void Dispose()
    {
        Whole.Dispose();
        foreach (var (_, sample) in steps.Values) sample.Dispose();
    }
}
