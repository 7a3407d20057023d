using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>Runs an experiment in a folder: <c>record.jsonl</c> and <c>state.safetensors</c>. Stopped or killed, it goes on where it was.</summary>
/// <remarks>
/// The record is appended event by event; the state is written to a temporary file and renamed. When a run goes on, iterations that are in the record
/// but not in the state are dropped from the record and done again, so that nothing stands there twice. All noise and all prompts are functions of
/// (seed, iteration): an interrupted run ends in the same weights as an uninterrupted one.
/// </remarks>
public static class ExperimentRunner
{
    /// <summary>Name of the record in a run folder.</summary>
    public const string RecordFile = "record.jsonl";

    /// <summary>Name of the checkpoint in a run folder.</summary>
    public const string StateFile = "state.safetensors";

    /// <summary>Runs until the budget is used or <paramref name="stop"/> is set; a complete run is returned as it is.</summary>
    /// <param name="experiment">What to run. A longer budget than before continues a complete run.</param>
    /// <param name="folder">Made if needed. One process at a time.</param>
    /// <param name="progress">Told after every event.</param>
    /// <param name="stop">Looked at between iterations; when set, the state is saved and the record so far returned.</param>
    /// <exception cref="InvalidDataException">The folder holds another run, or its files are damaged.</exception>
    public static RunRecord Run(
        Experiment experiment, string folder, IProgress<RunProgress>? progress = null, CancellationToken stop = default)
    {
        Directory.CreateDirectory(folder);
        using var log = RunLog.Open(Path.Combine(folder, RecordFile));
        RefuseOtherRun(experiment, log.Record.Start, folder);
        if (log.Record is { IsComplete: true } record && experiment.IsDone(record.LastIteration, record.LastSeconds)) return record;
        using var policy = experiment.Task.CreatePolicy();
        using var training = new GrpoTraining(policy, experiment.Recipe, experiment.Seed)
        {
            MicroBatch = experiment.MicroBatch, ForwardMemory = experiment.ForwardMemory,
        };
        var state = Path.Combine(folder, StateFile);
        if (File.Exists(state)) training.Load(state);
        log.KeepUpTo(training.Iteration);
        new Session(experiment, policy, training, log, state, progress).Run(stop);
        return log.Record;
    }

    private static RunEvent.Started StartOf(Experiment e) =>
        new(e.Task.Name, e.Recipe.Name, SettingsText.Of(e.Recipe with { Summary = "", Published = null }), e.Seed, e.Clock);

    private static void RefuseOtherRun(Experiment experiment, RunEvent.Started? found, string folder)
    {
        var wanted = StartOf(experiment);
        if (found is not null && found != wanted)
            throw new InvalidDataException($"{folder} holds another run ({found}), asked for {wanted}; choose another folder");
    }

    /// <summary>One process's part of a run.</summary>
    private sealed class Session(
        Experiment experiment, FlowPolicy policy, GrpoTraining training, RunLog log, string state, IProgress<RunProgress>? progress)
    {
        private double seconds;

        private bool Done => experiment.IsDone(training.Iteration, seconds);

        public void Run(CancellationToken stop)
        {
            var record = log.Record;
            if (record.LastIteration != training.Iteration)
                throw new InvalidDataException($"{state} is of iteration {training.Iteration}, its record ends at {record.LastIteration}");
            seconds = record.LastSeconds;
            if (record.Start is null) Append(StartOf(experiment));
            var evaluated = record.Evaluations is [.., var last] ? last.Iteration : -1;
            var saved = training.Iteration;
            if (evaluated < training.Iteration) EvaluateIfDue();
            while (!Done && !stop.IsCancellationRequested)
            {
                Iterate();
                EvaluateIfDue();
                if (training.Iteration % experiment.SaveEvery == 0) Save(ref saved);
            }
            if (saved != training.Iteration) Save(ref saved);
            if (Done) Append(new RunEvent.Ended());
        }

        private void Iterate()
        {
            var prompts = experiment.PromptsOf(training.Iteration);
            var start = experiment.Clock.Now();
            var metrics = training.Iterate(prompts, experiment.Task.Reward);
            seconds += experiment.Clock.Now() - start;
            Append(new RunEvent.Iterated(metrics));
        }

        private void EvaluateIfDue()
        {
            if (training.Iteration % experiment.EvaluateEvery != 0 && !Done) return;
            using var averaged = training.AveragedWeights();
            Append(new RunEvent.Evaluated(experiment.Task.Evaluate(policy).Values.ToImmutableSortedDictionary(StringComparer.Ordinal)));
        }

        private void Save(ref int saved)
        {
            log.Sync();
            training.Save(state);
            saved = training.Iteration;
        }

        private void Append(RunEvent item)
        {
            item = item with { Iteration = training.Iteration, Seconds = seconds };
            log.Append(item);
            var byTime = experiment.Seconds is { } limit ? seconds / limit : 0;
            progress?.Report(new(item, Math.Min(1, Math.Max(byTime, (double)training.Iteration / experiment.Iterations))));
        }
    }
}
