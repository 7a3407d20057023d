using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Scores a policy on captions it was not trained on: pictures from fixed noise along the ODE.</summary>
/// <remarks>
/// A few pictures per caption, 10 steps unless told otherwise. For the 24 test captions: <c>reward</c>, <c>heldout</c> (mean cosines of the two
/// rewards), <c>verifier</c>
/// (share with all four attributes right), <c>rmse</c> (mean, to the nearest clean picture of its own caption), <c>diversity</c> (mean over captions
/// of the mean root mean square difference between two of its pictures). The same for the validation captions as <c>validation-reward</c> and so on.
/// <c>kl</c>: divergence from the base policy in nats per element, see <see cref="PolicyDrift"/>.
/// </remarks>
internal sealed class ShapesEvaluation(ShapesSize size, ShapesReward reward, ShapesReward heldOut, Func<FlowPolicy> createBase, int repeats, int steps)
{
    public const int DefaultSteps = 10;
    private const ulong Seed = 99;
    private readonly Lazy<FlowPolicy> start = new(createBase);

    public EvaluationScores Evaluate(FlowPolicy policy)
    {
        var scores = new Dictionary<string, double>();
        Measure(policy, ShapesPrompts.Test, Seed, "", scores);
        Measure(policy, ShapesPrompts.Validation, Seed + 1, "validation-", scores);
        scores["kl"] = PolicyDrift.KlToBase(policy, start.Value, ShapesPrompts.Test, NoiseSchedule.Shifted(steps), Seed);
        return new EvaluationScores(scores);
    }

    private void Measure(FlowPolicy policy, IReadOnlyList<string> prompts, ulong seed, string prefix, Dictionary<string, double> scores)
    {
        using var scope = NewDisposeScope();
        string[] repeated = [.. prompts.SelectMany(p => Enumerable.Repeat(p, repeats))];
        Caption[] captions = [.. repeated.Select(Caption.Parse)];
        var pictures = size.ToPictures(ShapesSampler.Sample(policy, repeated, steps, seed)).cpu();               // [24·6, 3, 32, 32]
        var verdicts = ShapesVerifier.Verify(pictures, captions);
        scores[prefix + "reward"] = reward.Score(pictures, captions).Average();
        scores[prefix + "heldout"] = heldOut.Score(pictures, captions).Average();
        scores[prefix + "verifier"] = verdicts.Average(v => v.All ? 1.0 : 0);
        scores[prefix + "rmse"] = verdicts.Average(v => v.Rmse);
        scores[prefix + "diversity"] = Diversity(pictures.view(prompts.Count, repeats, -1));
    }

    /// <param name="pictures">Shape [captions, repeats, pixels].</param>
    internal static double Diversity(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var repeats = pictures.shape[1];
        var distance = (pictures.unsqueeze(1) - pictures.unsqueeze(2)).square().mean([3]).sqrt();                // [captions, repeats, repeats]
        return distance.sum([1, 2]).mean().item<float>() / (repeats * (repeats - 1));
    }
}
