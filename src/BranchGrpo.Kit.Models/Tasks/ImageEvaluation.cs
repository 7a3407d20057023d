using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Scores an image policy on held-out prompts: one picture each, from fixed noise, along the ODE of the training schedule.</summary>
/// <remarks>
/// <c>reward</c>: the mixture that training maximises; every reward by its name on its raw scale, and as <c>…-published</c> on the scale that its
/// release prints; <c>heldout</c>: the first reward that training never sees, raw; <c>kl</c>: path divergence from the base policy on the first few
/// prompts, nats per element (only with adapters, whose base costs no memory).
/// </remarks>
internal sealed class ImageEvaluation(IReadOnlyList<string> prompts, ImageScorer scorer, NoiseSchedule schedule, int microBatch)
{
    public const ulong Seed = 99;
    private const int DriftPrompts = 4;

    public EvaluationScores Evaluate(FlowPolicy policy)
    {
        var totals = new Dictionary<string, double>();
        for (var start = 0; start < prompts.Count; start += microBatch)
        {
            using var scope = NewDisposeScope();
            string[] some = [.. prompts.Skip(start).Take(microBatch)];
            var latents = ImageSampler.Sample(policy, some, schedule, Seed, microBatch, first: start);
            foreach (var (name, scores) in scorer.All(scorer.Pictures(latents), some))
                totals[name] = totals.GetValueOrDefault(name) + scores.Sum() / prompts.Count;
        }
        if (policy is ImagePolicy { Adapters: not null } image)
        {
            using var reference = image.Reference();
            totals["kl"] = PolicyDrift.KlToBase(policy, reference, [.. prompts.Take(DriftPrompts)], schedule, Seed, microBatch);
        }
        return new EvaluationScores(totals);
    }
}
