using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Schedules;

/// <summary>The noise levels of published samplers and trainers, to the last bit of float32, with S(u) = s·u / (1 + (s − 1)·u) for a shift s.
/// One step of any of them is <see cref="Dynamics.Ode"/>.</summary>
/// <remarks>The exact trainers' schedule is <see cref="NoiseSchedule.Shifted"/>; <see cref="Trainer"/> rounds it as they do.</remarks>
public static class FlowSchedules
{
    private const int TrainingSteps = 1000;

    /// <summary>FlowMatchEulerDiscreteScheduler, set_timesteps(n): a line from S(1) to S(1/N), shifted again, then 0. The last level before 0 is
    /// S(S(1/N)).</summary>
    /// <param name="steps">Number of steps n.</param>
    /// <param name="shift">Shift s; 3 for SD3 and SD3.5.</param>
    /// <param name="trainingSteps">N of the configuration.</param>
    public static NoiseSchedule Euler(int steps, double shift = 1, int trainingSteps = TrainingSteps)
    {
        var last = (double)Shift(1f / trainingSteps, (float)shift);
        return Ending(Line(1, last, Positive(steps)).Select(u => (float)(shift * u / (1 + (shift - 1) * u))));
    }

    /// <summary>The same scheduler with levels of the caller, which it shifts once: S(σ), then 0.</summary>
    /// <param name="sigmas">Descending, in (0, 1], without the 0 at the end.</param>
    /// <param name="shift">Shift s; 1 leaves them as they are.</param>
    public static NoiseSchedule Custom(IEnumerable<double> sigmas, double shift = 1) => Ending(sigmas.Select(u => Shift((float)u, (float)shift)));

    /// <summary>The FLUX pipeline's: n levels from 1 to 1/n, bent by μ, then 0. No fixed shift is applied.</summary>
    /// <param name="steps">Number of steps n.</param>
    /// <param name="mu"><see cref="DynamicShift.Mu"/> of the picture.</param>
    /// <param name="shift">The law; FLUX.1-dev's where absent.</param>
    public static NoiseSchedule Dynamic(int steps, double mu, DynamicShift? shift = null)
    {
        shift ??= new();
        return Ending(Line(1, 1.0 / Positive(steps), steps).Select(u => shift.Of((float)u, mu)));
    }

    /// <summary>DanceGRPO's and BranchGRPO's: S(u), u from 1 to 0 in n + 1 levels, computed in float32, for FLUX too.</summary>
    /// <param name="steps">Number of steps n.</param>
    /// <param name="shift">Shift s; 3 for FLUX and SD3.5.</param>
    /// <remarks>Differs from <see cref="NoiseSchedule.Shifted"/> by rounding, which decides <see cref="TrainerTime"/> where 1000·σ is an
    /// integer.</remarks>
    public static NoiseSchedule Trainer(int steps, double shift = 3)
    {
        var width = -1f / Positive(steps);
        // A float32 line is computed from its nearer end, with one rounding per level.
        return new(Enumerable.Range(0, steps + 1)
            .Select(i => i < (steps + 1) / 2 ? MathF.FusedMultiplyAdd(width, i, 1) : -width * (steps - i))
            .Select(u => (double)Shift(u, (float)shift)));
    }

    /// <summary>The table of UniPC with flow sigmas: S(1 − a) for a from 1/N to 1 in n + 1 levels without the last, then 0. Starts at S(1 − 1/N).</summary>
    /// <param name="steps">Number of steps n.</param>
    /// <param name="shift">flow_shift; 3 for Wan at 480p, 5 at 720p.</param>
    /// <param name="trainingSteps">N of the configuration.</param>
    public static NoiseSchedule UniPc(int steps, double shift, int trainingSteps = TrainingSteps) =>
        Ending(UniPcLevels(steps, shift, trainingSteps).Select(u => (float)u));

    /// <summary>Times of <see cref="UniPc"/>: ⌊N·σ⌋ before σ is rounded to float32.</summary>
    public static long[] UniPcTimes(int steps, double shift, int trainingSteps = TrainingSteps) =>
        [.. UniPcLevels(steps, shift, trainingSteps).Select(u => (long)(u * trainingSteps))];

    /// <summary>Times N·σ of every step, in float32: what SD3 and Wan are given. FLUX is given σ.</summary>
    public static float[] Times(NoiseSchedule schedule, int trainingSteps = TrainingSteps) =>
        [.. Enumerable.Range(0, schedule.Steps).Select(i => (float)schedule[i] * trainingSteps)];

    /// <summary>The integer time of the trainers, ⌊1000·σ⌋ of the float32 product; they give FLUX a thousandth of it.</summary>
    public static int TrainerTime(double sigma) => (int)((float)sigma * 1000f);

    /// <summary>x_σ = σ·ε + (1 − σ)·x₀.</summary>
    /// <param name="clean">x₀. Shape [B, …].</param>
    /// <param name="noise">ε ~ N(0, I). The same shape.</param>
    /// <param name="sigma">Noise level in [0, 1].</param>
    /// <returns>The same shape; the caller owns it.</returns>
    public static Tensor Noised(Tensor clean, Tensor noise, double sigma)
    {
        using var scope = NewDisposeScope();
        return noise.mul(Scalars.Of(sigma)).add_(clean.mul(Scalars.Of(1 - sigma))).MoveToOuterDisposeScope();
    }

    private static float Shift(float level, float shift) => shift * level / (1 + (shift - 1) * level);

    private static IEnumerable<double> UniPcLevels(int steps, double shift, int trainingSteps) =>
        Line(1, 1.0 / trainingSteps, Positive(steps) + 1).Take(steps + 1).Select(a => 1 - a).Reverse().Take(steps)
            .Select(u => shift * u / (1 + (shift - 1) * u));

    // Points from first to last, both of them, as NumPy places them in float64.
    private static IEnumerable<double> Line(double first, double last, int points) =>
        Enumerable.Range(0, points).Select(i => i == points - 1 && i > 0 ? last : first + i * ((last - first) / Math.Max(points - 1, 1)));

    private static NoiseSchedule Ending(IEnumerable<float> levels) => new(levels.Select(s => (double)s).Append(0));

    private static int Positive(int steps) => steps >= 1 ? steps : throw new ArgumentOutOfRangeException(nameof(steps), steps, "must be at least 1");
}
