using static TorchSharp.torch;

namespace BranchGrpo.Kit;

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

/// <summary>Multistep DPM-Solver on a rectified flow (α = 1 − σ, λ = ln α − ln σ): the next latent from the current one and the last predictions.</summary>
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
        get; init => field = value is >= 1 and <= 3 ? value : throw new ArgumentOutOfRangeException(nameof(Order), value,
        "must be 1, 2 or 3");
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
        var (h, alpha, sigma, ratio) = At(schedule, step);
        // With a = e^{−h} − 1 (clean) or e^{h} − 1 (noise), the integrals of 1, t and t² against the exponential.
        var (scale, sign) = Prediction == DpmPrediction.Clean ? (alpha, -1) : (sigma, 1);
        var a = Math.Exp(sign * h) - 1;
        var second = Correction == DpmCorrection.Midpoint ? 0.5 * a : sign * (a / h) - 1;
        return Combine(schedule, step, latents, predictions, ratio, -scale * a, -scale * second, -scale * (sign * (a / h) - 1),
            -scale * ((a - sign * h) / (h * h) - 0.5));
    }

    /// <summary>The SDE update as a Gaussian.</summary>
    /// <inheritdoc cref="Deterministic"/>
    /// <exception cref="NotSupportedException">Order 3 on noise predictions: the literature gives no SDE form.</exception>
    public GaussianTransition Stochastic(NoiseSchedule schedule, int step, Tensor latents, IReadOnlyList<Tensor> predictions)
    {
        var (h, alpha, sigma, ratio) = At(schedule, step);
        var growth = Prediction == DpmPrediction.Clean ? 1 - Math.Exp(-2 * h) : Math.Exp(2 * h) - 1;
        var std = sigma * Math.Sqrt(growth);
        if (Prediction == DpmPrediction.Clean)
        {
            var first = 1 - Math.Exp(-2 * h);
            var heun = first / (-2 * h) + 1;
            return new(Combine(schedule, step, latents, predictions, ratio * Math.Exp(-h), alpha * first,
                alpha * (Correction == DpmCorrection.Midpoint ? 0.5 * first : heun),
                alpha * heun, alpha * ((first - 2 * h) / (4 * h * h) + 0.5)), std);
        }
        if (OrderAt(schedule, step, predictions.Count) == 3) throw new NotSupportedException("A DPM-Solver of order 3 on noise predictions has no SDE form; use order 2 or clean predictions.");
        var a = Math.Exp(h) - 1;
        return new(Combine(schedule, step, latents, predictions, ratio, -2 * sigma * a,
            -sigma * (Correction == DpmCorrection.Midpoint ? a : 2 * (a / h - 1)), 0, 0), std);
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
            throw new ArgumentException($"Noise predictions cannot step from σ = {from} to {to}: λ is infinite there; stay inside (0, 1) or use clean predictions.", nameof(schedule));
        return (Lambda(to) - Lambda(from), 1 - to, to, Prediction == DpmPrediction.Clean ? to / from : (1 - to) / (1 - from));
    }

    private static double Lambda(double sigma) => Math.Log(1 - sigma) - Math.Log(sigma);

    // x·ratio + first·D0 + second·D1 (+ third·D2), the differences scaled to the step in λ.
    private Tensor Combine(NoiseSchedule schedule, int step, Tensor latents, IReadOnlyList<Tensor> m, double ratio, double first, double second,
        double thirdLinear, double third)
    {
        using var scope = NewDisposeScope();
        var order = OrderAt(schedule, step, m.Count);
        var result = latents * ratio + m[0] * first;
        if (order == 1) return result.MoveToOuterDisposeScope();
        var h = Lambda(schedule[step + 1]) - Lambda(schedule[step]);
        var r0 = (Lambda(schedule[step]) - Lambda(schedule[step - 1])) / h;
        var slope = (m[0] - m[1]) / r0;
        if (order == 2) return (result + slope * second).MoveToOuterDisposeScope();
        var r1 = (Lambda(schedule[step - 1]) - Lambda(schedule[step - 2])) / h;
        var earlier = (m[1] - m[2]) / r1;
        var bend = double.IsInfinity(r1) ? 0 : r0 / (r0 + r1);
        return (result + (slope + (slope - earlier) * bend) * thirdLinear + (slope - earlier) / (r0 + r1) * third).MoveToOuterDisposeScope();
    }
}
