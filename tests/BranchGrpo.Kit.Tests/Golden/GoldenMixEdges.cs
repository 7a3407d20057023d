using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>What a MixGRPO iteration reports of its edges: policy loss, half squared log-ratio and clipped share, and their sums.</summary>
internal sealed class GoldenMixEdges(JsonElement item, GoldenComparer compare)
{
    private readonly double coefficient = item.At("args").Number("kl_coeff", 0), clipRange = item.At("args").Number("clip_range");
    private double policy, policyScale, penalty, clipped;

    /// <summary>Compares one edge and returns its whole loss.</summary>
    public double Add(JsonElement edge, double policyLoss, double logRatio, double weight)
    {
        var (kl, clip) = (0.5 * logRatio * logRatio * weight, Math.Abs(Math.Exp(logRatio) - 1) > clipRange ? 1 : 0);
        if (edge.Has("policy_loss")) compare.Number("policy_loss", edge.Number("policy_loss"), policyLoss, 1e-7);
        if (edge.Has("kl_loss")) compare.Number("kl_loss", edge.Number("kl_loss"), kl, 1e-7);
        if (edge.Has("clip_frac")) compare.Same("clip_frac", edge.Number("clip_frac"), clip);
        (policy, policyScale, penalty, clipped) = (policy + policyLoss, policyScale + Math.Abs(policyLoss), penalty + kl, clipped + clip);
        return policyLoss + coefficient * kl;
    }

    /// <summary>Sums over the iteration, and the norm of the last update.</summary>
    public void Returned(GoldenUpdates run)
    {
        if (!item.Has("returned")) return;
        var returned = item.At("returned");
        compare.Numbers("returned total_loss", [returned.Number("total_loss")], [run.Loss], 1e-9, run.LossScale);
        compare.Numbers("returned policy_loss", [returned.Number("policy_loss")], [policy], 1e-9, policyScale);
        compare.Numbers("returned kl_loss", [returned.Number("kl_loss")], [penalty], 1e-7, 1e-9);
        compare.Number("returned clip_frac", returned.Number("clip_frac"), clipped);
        if (returned.Has("grad_norm")) compare.Numbers("returned grad_norm", [returned.Number("grad_norm")], [run.Norm], 1e-7, 0);
    }

    /// <summary>The slots that are trained, and which step each sample has in them; "balance" drops samples whose advantage is 0.</summary>
    public void Order(double[] advantage)
    {
        var (args, slots, order) = (item.At("args"), item.Ints("train_slots"), item.List("edges_in_training_order"));
        var part = args.Text("training_strategy") == "part";
        var (frozen, steps) = (args.Int("frozen_init_timesteps", -1), args.Int("sampling_steps"));
        compare.Sequence("train_slots", slots, part ? item.Ints("window")
            : Enumerable.Range(0, frozen > 0 ? frozen : (int)((steps - 1) * args.Number("timestep_fraction"))));
        foreach (var (k, edge) in order.Index())
            compare.Same("step", edge.Int("step"), part ? slots[k % slots.Length]
                : item.List("perms")[edge.Int("sample")][slots[k % slots.Length]].GetInt32());
        var dropsZeros = part && args.Text("advantage_rerange_strategy") == "balance";
        compare.Sequence("samples", Enumerable.Range(0, advantage.Length).Where(s => !dropsZeros || advantage[s] != 0),
            order.Select(e => e.Int("sample")).Distinct().Order());
        if (dropsZeros && advantage.Contains(0))
            compare.Departs("samples without advantage are dropped; the kit's group advantage keeps them",
                order.Length < advantage.Length * slots.Length);
    }
}
