using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>A MixGRPO iteration whose samples come from a DPM-Solver. With the strategy "all" the published training step ignores the stored next latent and
/// draws the same noise again, so that the ratio is 1 whatever the weights are; the kit scores the stored latent.</summary>
internal static class GoldenMixSolver
{
    public static void Train(JsonElement item, GoldenPolicy policy, NoiseSchedule schedule, AdamW adam, GoldenComparer compare)
    {
        var (args, window, prompts, roots) = (item.At("args"), item.Ints("window"), item.Int("prompts"), item.At("init_latents").Tensor());
        var run = new GoldenMixChain(policy, schedule, args, window);
        var draws = item.At("noise_draws_per_sample").EnumerateArray().Select(s => s.EnumerateArray().Select(d => d.Tensor()).ToArray()).ToArray();
        var (samples, latents, scores) = ((int)roots.shape[0], item.At("all_latents").Tensor(), item.At("all_log_probs").Tensor());
        string Prompt(int sample) => $"{sample / (samples / prompts)}";
        GoldenMixChain.Chain[] chains;
        using (no_grad()) chains = [.. Enumerable.Range(0, samples).Select(s => run.Sample(roots.narrow(0, s, 1), Prompt(s), draws[s]))];
        for (var s = 0; s < samples; s++)
        {
            if (chains[s].IsWhole) compare.Same("steps", latents.shape[1], chains[s].Latents.Count);
            for (var d = 0; d < chains[s].Latents.Count; d++) compare.Tensor($"sample {s} latent {d}",
                [.. latents[s, d].contiguous().data<double>()], chains[s].Latents[d]);
            foreach (var (step, score) in chains[s].Scores.Index())
                compare.Number($"sample {s} log_prob {step}", scores[s, step].item<double>(), score);
        }
        double[] Rewards(Tensor targets) => [.. chains.SelectMany((c, s) =>
            GoldenPolicy.NegativeMse(targets)(args.Flag("drop_last_sample") ? c.Clean : c.Latents[^1], [Prompt(s)]))];
        var advantage = GoldenMix.Advantages(item, args, Rewards, compare);
        var (order, limit) = (item.List("edges_in_training_order"), args.Number("adv_clip_max", 5));
        var (slots, moved, edges) = (item.Ints("train_slots").Length, false, new GoldenMixEdges(item, compare));
        var weight = 1.0 / (args.Int("gradient_accumulation_steps") * slots);
        edges.Order(advantage);
        EdgeOutcome[] Accumulate(Range range) => [.. order[range].Select(edge =>
        {
            using var scope = NewDisposeScope();
            var (s, step) = (edge.Int("sample"), edge.Int("step"));
            using var conditioning = policy.Encode([Prompt(s)]);
            var x = chains[s].Latents[step];
            var v = policy.Velocity(x, schedule[step], conditioning);
            var transition = run.Transition(step, x, v, [GoldenDpm.Predicted(x, v, schedule[step])]);
            var (old, stored) = (chains[s].Scores[step], transition.LogProb(chains[s].Latents[step + 1], Reduction.Mean)[0].item<double>());
            var next = run.SolvesAll ? transition.Sample(draws[s][window.Count(w => w < step)]).detach() : chains[s].Latents[step + 1];
            var logProb = transition.LogProb(next, Reduction.Mean);
            var published = run.Published(step, transition, logProb[0].item<double>());
            var logRatio = logProb - logProb.detach() + (published - old);
            moved |= Math.Abs(stored - old) > 1e-9 && Math.Abs(published - old) < 1e-12;
            var loss = GrpoLoss.Clipped(logRatio, tensor(new[] { Math.Clamp(advantage[s], -limit, limit) }), args.Number("clip_range")) * weight;
            (loss + logRatio.square() * (0.5 * args.Number("kl_coeff", 0) * weight)).sum().backward();
            return new EdgeOutcome(0, published, published - old, edges.Add(edge, loss[0].item<double>(), published - old, weight), 0);
        })];
        var updates = new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm"));
        updates.Replay(item.List("updates"), "after_samples", order.Length, slots, Accumulate, order);
        edges.Returned(updates);
        if (run.SolvesAll && item.List("updates").Length > 1) compare.Departs("training redraws the noise, so that the ratio is always 1", moved);
    }
}
