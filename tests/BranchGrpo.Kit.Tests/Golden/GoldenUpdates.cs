using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Optimiser steps of one recorded iteration: accumulate, compare gradients, clip as recorded, step, compare weights.</summary>
internal sealed class GoldenUpdates(GoldenPolicy policy, AdamW adam, GoldenComparer compare, double maxNorm)
{
    public double Loss { get; private set; }

    /// <summary>Norm before the last clipped step.</summary>
    public double Norm { get; private set; } = double.NaN;

    /// <summary>Sum of the losses' sizes: the scale of <see cref="Loss"/>, in which positive and negative edges cancel.</summary>
    public double LossScale { get; private set; }

    /// <summary>Sum of the gradients of all updates before clipping.</summary>
    public double[]? Total { get; private set; }

    /// <summary>Replays all updates of an iteration.</summary>
    /// <param name="updates">Recorded updates.</param>
    /// <param name="counter">Field that says after how many edges or samples an update came.</param>
    /// <param name="count">Number of edges in all.</param>
    /// <param name="edgesPer">Edges per unit of the counter.</param>
    /// <param name="accumulate">Adds the gradient of a range of edges.</param>
    /// <param name="order">Recorded edges.</param>
    public void Replay(JsonElement[] updates, string counter, int count, int edgesPer, Func<Range, EdgeOutcome[]> accumulate, JsonElement[] order)
    {
        var start = 0;
        adam.ZeroGradients();
        foreach (var update in updates)
        {
            var end = update.Int(counter) * edgesPer;
            Compare(accumulate(start..end), order[start..end]);
            Step(update);
            start = end;
        }
        // What is left was evaluated, but no update followed: its gradient is cleared.
        if (start < count) Compare(accumulate(start..count), order[start..count]);
        adam.ZeroGradients();
    }

    private void Compare(EdgeOutcome[] outcomes, JsonElement[] order)
    {
        foreach (var (outcome, edge) in outcomes.Zip(order))
        {
            compare.Number("new_log_prob", edge.Number("new_log_prob"), outcome.LogProb, 1e-7);
            compare.Number("old_log_prob", edge.Number("old_log_prob"), outcome.LogProb - outcome.LogRatio);
            if (edge.Has("ratio")) compare.Number("ratio", edge.Number("ratio"), outcome.Ratio, 1e-7);
            if (edge.Has("loss")) compare.Number("loss", edge.Number("loss"), outcome.Loss, 1e-7);
            Loss += outcome.Loss;
            LossScale += Math.Abs(outcome.Loss);
        }
    }

    private void Step(JsonElement update)
    {
        var gradient = policy.Gradient();
        Total = Total is null ? gradient : [.. Total.Zip(gradient, (a, b) => a + b)];
        if (update.Has("grad_before_clip")) compare.Numbers("grad_before_clip", update.Numbers("grad_before_clip"), gradient, 1e-7, 0);
        var clips = !update.Has("clipped_call") || update.Flag("clipped_call");
        var norm = adam.ClipGradients(maxNorm);
        if (clips) Norm = norm;
        if (update.Has("grad_norm") && clips) compare.Numbers("grad_norm", [update.Number("grad_norm")], [norm], 1e-7, 0);
        if (!clips)
        {
            if (norm > maxNorm) compare.Departs("the last, incomplete update is not clipped; the kit clips every update",
                Math.Sqrt(policy.Gradient().Sum(g => g * g)) <= maxNorm && update.Numbers("grad_used").Max(Math.Abs) > policy.Gradient().Max(Math.Abs));
            policy.SetGradient(gradient);
        }
        if (update.Has("grad_used")) compare.Numbers("grad_used", update.Numbers("grad_used"), policy.Gradient(), 1e-7, 0);
        adam.Step();
        adam.ZeroGradients();
        if (update.Has("weights_after")) compare.Numbers("weights_after", update.Numbers("weights_after"), policy.Flat(), 1e-9);
    }
}
