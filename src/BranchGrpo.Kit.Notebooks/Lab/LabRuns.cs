namespace BranchGrpo.Kit.Notebooks;

/// <summary>Training runs of notebooks: each in a folder named by what it depends on, so that a changed setting or a changed kit never meets an old
/// run.</summary>
internal static class LabRuns
{
    /// <summary>Names another folder for the runs of notebooks.</summary>
    private const string Variable = "BRANCHGRPO_RUNS";

    // Beside the data of a checkout, wherever in it the notebook stands; else in the current folder.
    public static string Root
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder) return folder;
            var here = new DirectoryInfo(Directory.GetCurrentDirectory());
            var up = here;
            while (up is not null && !Directory.Exists(Path.Combine(up.FullName, "data", "shapes"))) up = up.Parent;
            return Path.Combine((up ?? here).FullName, "runs", "notebooks");
        }
    }

    public static RunRecord Train(ExperimentTask task, Recipe recipe, ulong seed, CancellationToken stop, TrainingMemory memory)
    {
        var progress = new LabProgress($"{recipe.Name}, seed {seed}");
        var record = ExperimentRunner.Run(ExperimentOf(task, recipe, seed, memory), FolderOf(task, recipe, seed), progress, stop);
        progress.Finish(record);
        stop.ThrowIfCancellationRequested();
        return record;
    }

    public static FlowPolicy Trained(ExperimentTask task, Recipe recipe, ulong seed, TrainingMemory memory)
    {
        Train(task, recipe, seed, default, memory);
        var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, Scaled(recipe), seed);
        training.Load(Path.Combine(FolderOf(task, recipe, seed), ExperimentRunner.StateFile));
        var averaged = training.AveragedWeights();
        var copy = policy.Clone();
        averaged?.Dispose();
        policy.Dispose();
        return copy;
    }

    private static Experiment ExperimentOf(ExperimentTask task, Recipe recipe, ulong seed, TrainingMemory memory)
    {
        var dance = Lab.Preset.Trains ? Recipes.Find("DanceGRPO", Geometry.Quick) : recipe;
        return new()
        {
            Task = task,
            Recipe = Scaled(recipe),
            Seed = seed,
            Seconds = Lab.Preset.Seconds,
            Iterations = Lab.Preset.Iterations,
            EvaluateEvery = EvaluationCadence.Of(Lab.Preset.EvaluateEvery, recipe, dance),
            Clock = Lab.Preset.Clock,
            MicroBatch = memory.MicroBatch,
            ForwardMemory = memory.ForwardMemory,
        };
    }

    // Two prompts are enough to see that everything runs.
    public static Recipe Scaled(Recipe recipe) => Lab.Preset.Trains ? recipe : recipe with { Prompts = Math.Min(2, recipe.Prompts) };

    private static string FolderOf(ExperimentTask task, Recipe recipe, ulong seed)
    {
        var kit = typeof(FlowPolicy).Assembly.ManifestModule.ModuleVersionId;
        var text = $"{kit} {Lab.Preset} {task.Name} {SettingsText.Of(recipe with { Summary = "", Published = null })}";
        return Path.Combine(Root, Lab.Preset.Name, $"{Fingerprint.FileName(recipe.Name)}-{Fingerprint.Of(text)}-seed{seed}");
    }
}
