using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Schedules;

/// <summary>What a DPM-Solver extrapolates.</summary>
public enum DpmPrediction
{
    /// <summary>Clean predictions x₀ (DPM-Solver++); works from σ = 1 and to σ = 0.</summary>
    Clean,

    /// <summary>Noise predictions x₁ (DPM-Solver); undefined at σ = 1 and σ = 0.</summary>
    Noise,
}

/// <summary>Form of the second-order term.</summary>
public enum DpmCorrection
{
    /// <summary>Midpoint rule.</summary>
    Midpoint,

    /// <summary>Heun's rule.</summary>
    Heun,
}

/// <summary>Multistep DPM-Solver on a rectified flow (α = 1 − σ, λ = ln α − ln σ): the next latent from the current one and the last
/// predictions.</summary>
/// <param name="Order">Predictions used, 1 to 3.</param>
/// <param name="Prediction">Clean (++) or noise predictions.</param>
/// <param name="Correction">Second-order rule; order 3 needs none.</param>
/// <remarks>DPM-Solver++, arXiv 2211.01095, and DPM-Solver, arXiv 2206.00927; MixGRPO, arXiv 2507.21802, uses it after its window.
/// The first steps have less history and the last is of order 1; with fewer than 15 steps the last but one is at most of order 2.
/// At order 3 the published solvers carry half of the second-difference term of the expansion; the ODE form follows them, and so does the SDE form
/// but for its sign, which is wrong there. Order 2 is the one to use.</remarks>
public sealed record DpmSolver(int Order, DpmPrediction Prediction = DpmPrediction.Clean, DpmCorrection Correction = DpmCorrection.Midpoint)
{
    /// <summary>Predictions used.</summary>
    public int Order
    {
        get;
        init => field = value is >= 1 and <= 3 ? value : throw new ArgumentOutOfRangeException(nameof(Order), value, "must be 1, 2 or 3");
    } = Order;

    /// <summary>The ODE update.</summary>
    /// <param name="schedule">Noise levels.</param>
    /// <param name="step">Step from σ_i to σ_{i+1}.</param>
    /// <param name="latents">Current latents. Shape [B, …].</param>
    /// <param name="predictions">Predictions at this step and the ones before it, newest first. Shape [B, …] each.</param>
    /// <returns>Shape [B, …].</returns>
    /// <exception cref="ArgumentException">Noise predictions from σ = 1 or to σ = 0.</exception>
    public Tensor Deterministic(NoiseSchedule schedule, int step, Tensor latents, IReadOnlyList<Tensor> predictions)
    {
        using var scope = NewDisposeScope();
        var (h, alpha, sigma, ratio) = At(schedule, step);
        // With a = e^{−h} − 1 (clean) or e^{h} − 1 (noise), the integrals of 1, t and t² against the exponential.
        var (scale, sign) = Prediction == DpmPrediction.Clean ? (alpha, -1) : (sigma, 1);
        var a = Math.Exp(sign * h) - 1;
        var linear = sign * (a / h) - 1;
        double[] factors = OrderAt(schedule, step, predictions.Count) switch
        {
            1 => [a],
            2 => [a, Correction == DpmCorrection.Midpoint ? 0.5 * a : linear],
            _ => [a, linear, (a - sign * h) / (h * h) - 0.5],
        };
        return Combine(latents, ratio, Differences(schedule, step, predictions), -scale, factors).MoveToOuterDisposeScope();
    }

    /// <summary>The SDE update as a Gaussian.</summary>
    /// <inheritdoc cref="Deterministic"/>
    /// <exception cref="NotSupportedException">Order 3 on noise predictions: the literature gives no SDE form.</exception>
    public GaussianTransition Stochastic(NoiseSchedule schedule, int step, Tensor latents, IReadOnlyList<Tensor> predictions)
    {
        using var scope = NewDisposeScope();
        var (h, alpha, sigma, ratio) = At(schedule, step);
        var (order, midpoint) = (OrderAt(schedule, step, predictions.Count), Correction == DpmCorrection.Midpoint);
        var terms = Differences(schedule, step, predictions);
        if (Prediction == DpmPrediction.Clean)
        {
            var a = 1 - Math.Exp(-2 * h);
            var linear = a / (-2 * h) + 1;
            double[] factors = order switch
            {
                1 => [a],
                2 => [a, midpoint ? 0.5 * a : linear],
                _ => [a, linear, (a - 2 * h) / (4 * h * h) + 0.5],
            };
            return new(Combine(latents, ratio * Math.Exp(-h), terms, alpha, factors).MoveToOuterDisposeScope(), sigma * Math.Sqrt(a));
        }
        if (order == 3)
            throw new NotSupportedException("A DPM-Solver of order 3 on noise predictions has no SDE form; use order 2 or clean predictions.");
        var growth = Math.Exp(h) - 1;
        double[] noise = order == 1 ? [2 * growth] : [2 * growth, midpoint ? growth : 2 * (growth / h - 1)];
        return new(Combine(latents, ratio, terms, -sigma, noise).MoveToOuterDisposeScope(), sigma * Math.Sqrt(Math.Exp(2 * h) - 1));
    }

    /// <summary>Order that a step really has.</summary>
    /// <param name="schedule">Noise levels.</param>
    /// <param name="step">The step.</param>
    /// <param name="predictions">Predictions there are, this step's included.</param>
    public int OrderAt(NoiseSchedule schedule, int step, int predictions) =>
        step == schedule.Steps - 1 ? 1 : Math.Min(Math.Min(Order, predictions), step == schedule.Steps - 2 && schedule.Steps < 15 ? 2 : 3);

    private (double H, double Alpha, double Sigma, double Ratio) At(NoiseSchedule schedule, int step)
    {
        var (from, to) = (schedule[step], schedule[step + 1]);
        if ((from == 1 || to == 0) && Prediction == DpmPrediction.Noise)
            throw new ArgumentException($"Noise predictions cannot step from σ = {from} to {to}, where λ is infinite; "
                + "stay inside (0, 1) or use clean predictions.", nameof(schedule));
        return (Lambda(to) - Lambda(from), 1 - to, to, Prediction == DpmPrediction.Clean ? to / from : (1 - to) / (1 - from));
    }

    private static double Lambda(double sigma) => Math.Log(1 - sigma) - Math.Log(sigma);

    // ratio·x + scale·Σ factor·difference.
    private static Tensor Combine(Tensor latents, double ratio, Tensor[] differences, double scale, double[] factors)
    {
        var result = latents * ratio;
        foreach (var (difference, factor) in differences.Zip(factors)) result = result + difference * (scale * factor);
        return result;
    }

    // The newest prediction and its divided differences, scaled to the step in λ: as many as the step's order.
    private Tensor[] Differences(NoiseSchedule schedule, int step, IReadOnlyList<Tensor> m)
    {
        var order = OrderAt(schedule, step, m.Count);
        if (order == 1) return [m[0]];
        double Width(int i) => Lambda(schedule[i + 1]) - Lambda(schedule[i]);
        var r0 = Width(step - 1) / Width(step);
        var slope = (m[0] - m[1]) / r0;
        if (order == 2) return [m[0], slope];
        var r1 = Width(step - 2) / Width(step);
        var bend = slope - (m[1] - m[2]) / r1;
        return [m[0], double.IsInfinity(r1) ? slope : slope + bend * (r0 / (r0 + r1)), bend / (r0 + r1)];
    }
}
