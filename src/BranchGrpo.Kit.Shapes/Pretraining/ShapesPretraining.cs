using System.Diagnostics;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes.Networks;
using BranchGrpo.Kit.Shapes.Pretraining;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Makes the base policy and the two rewards of the embedded task from nothing.</summary>
/// <remarks>
/// Every draw is a function of (seed, target, step): a run that was stopped goes on where it was and ends with the same weights.
/// Synchronous, and on the calling thread; use one torch thread per process.
/// </remarks>
public static class ShapesPretraining
{
    /// <summary>Makes one file, or leaves it alone if it was already made with these options.</summary>
    /// <param name="target">What to make.</param>
    /// <param name="folder">Where the weights go; also holds the state of an unfinished run, "*.unfinished".</param>
    /// <param name="options">What to make it with.</param>
    /// <param name="progress">Told every 50 steps.</param>
    /// <param name="stop">Saves the state and throws <see cref="OperationCanceledException"/>.</param>
    /// <returns>Path of the file.</returns>
    public static string Run(PretrainingTarget target, string folder, PretrainingOptions options,
        IProgress<PretrainingProgress>? progress = null, CancellationToken stop = default)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileOf(target, options.Size));
        var description = options.Describe(target);
        if (IsFinished(path, description)) return path;
        using var trainee = Create(target, options);
        using var weights = new WeightsInTraining(trainee.Network, trainee.WeightDecay);
        var state = new PretrainingState(path + ".unfinished", description);
        var (done, fingerprint) = state.Load(weights);
        int steps = options.StepsOf(target), reported = done, begun = done;
        var clock = Stopwatch.StartNew();
        var sum = 0.0;
        while (done < steps)
        {
            if (stop.IsCancellationRequested)
            {
                state.Save(weights, done, fingerprint);
                stop.ThrowIfCancellationRequested();
            }
            var loss = Step(trainee, weights, done++);
            sum += loss;
            if (done == PretrainingFingerprint.At) fingerprint = new(done, loss, weights.Norm(), weights.MomentNorm());
            var saves = done % options.SaveEvery == 0 || done == steps;
            if (done % 50 != 0 && !saves) continue;
            double? quality = saves ? trainee.Quality(weights.Averages) : null;
            if (saves && done < steps) state.Save(weights, done, fingerprint);
            var left = clock.Elapsed / (done - begun) * (steps - done);
            progress?.Report(new(target, done, steps, sum / (done - reported), quality, clock.Elapsed, left));
            (sum, reported) = (0, done);
        }
        SafeTensors.Write(path, weights.Averages, Metadata(description, fingerprint));
        state.Delete();
        return path;
    }

    /// <summary>Runs only the first steps of a pretraining and says what it looked like, without touching a file.</summary>
    /// <param name="target">What to make.</param>
    /// <param name="options">The options of the whole run.</param>
    /// <returns>To be compared with the one in the finished file, <see cref="RecordedFingerprint"/>.</returns>
    public static PretrainingFingerprint FirstSteps(PretrainingTarget target, PretrainingOptions options)
    {
        using var trainee = Create(target, options);
        using var weights = new WeightsInTraining(trainee.Network, trainee.WeightDecay);
        var loss = 0.0;
        for (var i = 0; i < PretrainingFingerprint.At; i++) loss = Step(trainee, weights, i);
        return new(PretrainingFingerprint.At, loss, weights.Norm(), weights.MomentNorm());
    }

    /// <summary>The fingerprint that the run which made a file left in it.</summary>
    /// <exception cref="InvalidDataException">The file holds none.</exception>
    public static PretrainingFingerprint RecordedFingerprint(string path)
    {
        using var file = SafeTensors.Read(path);
        return file.Metadata.TryGetValue(PretrainingFingerprint.Key, out var text)
            ? PretrainingFingerprint.Parse(text)
            : throw new InvalidDataException($"{path} does not say how it was made (no \"{PretrainingFingerprint.Key}\" in its metadata)");
    }

    /// <summary>Name of a target's file inside the data folder.</summary>
    public static string FileOf(PretrainingTarget target, ShapesSize size) => target switch
    {
        PretrainingTarget.Policy => size.PolicyFile,
        PretrainingTarget.Reward => RewardDesign.Trained.File,
        PretrainingTarget.HeldOutReward => RewardDesign.HeldOut.File,
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "is not a target of pretraining"),
    };

    internal static double Step(Trainee trainee, WeightsInTraining weights, int step)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var loss = trainee.Loss(step);
        var value = loss.item<float>();
        if (!float.IsFinite(value)) throw new InvalidOperationException($"pretraining: the loss of step {step} is {value}");
        Ops.Backward(loss);
        if (double.IsFinite(trainee.GradientNorm)) weights.ClipGradients(trainee.GradientNorm);
        weights.Step(trainee.LearningRate(step), trainee.AverageShare(step + 1));
        return value;
    }

    internal static Trainee Create(PretrainingTarget target, PretrainingOptions options) => target switch
    {
        PretrainingTarget.Policy => new PolicyTrainee(options),
        PretrainingTarget.Reward => new RewardTrainee(options, RewardDesign.Trained),
        PretrainingTarget.HeldOutReward => new RewardTrainee(options, RewardDesign.HeldOut),
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "is not a target of pretraining"),
    };

    private static Dictionary<string, string> Metadata(string description, PretrainingFingerprint? fingerprint)
    {
        var metadata = new Dictionary<string, string> { [PretrainingState.Key] = description, ["licence"] = "Apache-2.0" };
        if (fingerprint is not null) metadata[PretrainingFingerprint.Key] = fingerprint.ToString();
        return metadata;
    }

    private static bool IsFinished(string path, string description)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using var file = SafeTensors.Read(path);
            return file.Metadata.TryGetValue(PretrainingState.Key, out var made) && made == description;
        }
        catch (InvalidDataException)
        {
            return false;                                                                      // a damaged file is made anew
        }
    }
}
