using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>A MixGRPO iteration whose samples come from a DPM-Solver. With the strategy "all" the published training step ignores the stored next latent and
/// draws the same noise again, so that the ratio is 1 whatever the weights are; the kit scores the stored latent.</summary>
internal static class GoldenMixSolver
{
    public static void Train(JsonElement item, GoldenPolicy policy, AdamW adam, GoldenComparer compare)
    {
        var (args, window, prompts) = (item.At("args"), item.Ints("window"), item.Int("prompts"));
        var (roots, schedule) = (item.At("init_latents").Tensor(), new NoiseSchedule(item.Numbers("sigmas")));
        var run = new GoldenMixChain(policy, schedule, args, window);
        var draws = item.At("noise_draws_per_sample").EnumerateArray().Select(s => s.EnumerateArray().Select(d => d.Tensor()).ToArray()).ToArray();
        var (samples, latents, scores) = ((int)roots.shape[0], item.At("all_latents").Tensor(), item.At("all_log_probs").Tensor());
        string Prompt(int sample) => $"{sample / (samples / prompts)}";
        GoldenMixChain.Chain[] chains;
        using (no_grad()) chains = [.. Enumerable.Range(0, samples).Select(s => run.Sample(roots.narrow(0, s, 1), Prompt(s), draws[s]))];
        for (var s = 0; s < samples; s++)
        {
            for (var d = 0; d < chains[s].Latents.Count; d++) compare.Tensor($"sample {s} latent {d}",
                [.. latents[s, d].contiguous().data<double>()], chains[s].Latents[d]);
            foreach (var (step, score) in chains[s].Scores) compare.Number($"sample {s} log_prob {step}", scores[s, step].item<double>(), score);
        }
        var score0 = GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor());
        var rewards = chains.SelectMany((c, s) => score0(args.Flag("drop_last_sample") ? c.Clean : c.Latents[^1], [Prompt(s)])).ToArray();
        compare.Numbers("rewards", item.Numbers("rewards"), rewards);
        var advantage = GoldenMix.Advantages(item, args, rewards, samples);
        compare.Numbers("advantages", item.Numbers("advantages"), advantage, 1e-8);

        var order = item.List("edges_in_training_order");
        var (slots, limit, moved) = (item.Ints("train_slots").Length, args.Number("adv_clip_max", 5), false);
        EdgeOutcome[] Accumulate(Range range) => [.. order[range].Select(edge =>
        {
            var (s, step) = (edge.Int("sample"), edge.Int("step"));
            using var conditioning = policy.Encode([Prompt(s)]);
            var x = chains[s].Latents[step];
            var v = policy.Velocity(x, schedule[step], conditioning);
            List<Tensor> history = [x.add(v, alpha: -schedule[step])];
            var transition = run.Transition(step, x, v, history);
            var stored = transition.LogProb(chains[s].Latents[step + 1], Reduction.Mean)[0].item<double>();
            var redrawn = run.SolvesAll ? transition.Sample(draws[s][window.Count(w => w < step)]).detach() : chains[s].Latents[step + 1];
            var logProb = transition.LogProb(redrawn, Reduction.Mean);
            var logRatio = logProb - edge.Number("old_log_prob");
            moved |= Math.Abs(stored - edge.Number("old_log_prob")) > 1e-9 && Math.Abs(edge.Number("new_log_prob") - edge.Number("old_log_prob")) < 1e-12;
            var loss = GrpoLoss.Clipped(logRatio, tensor(new[] { Math.Clamp(advantage[s], -limit, limit) }), args.Number("clip_range"))
                / (args.Int("gradient_accumulation_steps") * slots);
            loss.sum().backward();
            return new EdgeOutcome(0, logProb[0].item<double>(), logRatio[0].item<double>(), loss[0].item<double>(), 0);
        })];
        new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm")).Replay(item.List("updates"), "after_samples", order.Length, slots,
            Accumulate, order);
        if (run.SolvesAll && item.List("updates").Length > 1) compare.Departs("training redraws the noise, so that the ratio is always 1", moved);
    }
}
