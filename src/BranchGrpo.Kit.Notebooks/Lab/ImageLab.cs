using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Prompts;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Notebooks.Session;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What a notebook about real image models starts from: the reader's FLUX checkpoints at preset gpu, a tiny FLUX made by the kit elsewhere. The
/// cells are the same.</summary>
public static class ImageLab
{
    /// <summary>Environment variable that names the folder of checkpoints.</summary>
    public const string ModelsVariable = "BRANCHGRPO_MODELS";

    /// <summary>Environment variable that names the prompt file.</summary>
    public const string PromptsVariable = "BRANCHGRPO_PROMPTS";

    private static readonly Lazy<ModelFolder> models = new(FindModels);
    private static readonly Lazy<ImageTask> task = new(() => Made(Options));
    private static readonly Lazy<ImagePolicy> basePolicy = new(() => Task.LoadPolicy());

    /// <summary>The folder of checkpoints: tiny ones unless the preset is gpu and <see cref="ModelsVariable"/> is set.</summary>
    public static ModelFolder Models => models.Value;

    /// <summary>Sizes that fit the device; the tiny ones for tiny models.</summary>
    public static ImagePreset Sizes => IsTiny ? ImagePreset.Find("tiny", ImageFamily.Flux) : Fitting();

    /// <summary>What the task is made of: HPSv2.1 is trained on, every other reward of the folder is reported.</summary>
    public static ImageTaskOptions Options => OptionsFor("hps");

    /// <summary>The task, made once: prompts are embedded, text encoders freed, autoencoder and rewards loaded.</summary>
    public static ImageTask Task => task.Value;

    /// <summary>FLUX with adapters that change nothing yet. Not to be changed or disposed.</summary>
    public static ImagePolicy BasePolicy => basePolicy.Value;

    /// <summary>Held-out prompts of evaluations.</summary>
    public static IReadOnlyList<string> HeldOutPrompts => Options.EvaluationPrompts;

    /// <summary>The task's settings with other rewards.</summary>
    /// <param name="rewards">Such as <c>pickscore</c> or <c>hps,clipscore:0.5</c>.</param>
    public static ImageTaskOptions OptionsFor(string rewards)
    {
        var path = Environment.GetEnvironmentVariable(PromptsVariable) is { Length: > 0 } file ? file : Path.Combine(Models.Path, TinyModels.Prompts);
        var split = PromptFile.Read(path).Split(Sizes.EvaluationPrompts);
        var others = RewardCatalogue.In(Models).Except(RewardCatalogue.NamesIn(rewards));
        return new()
        {
            Pipeline = Models.Require(ModelKind.Flux).Path,
            Preset = Sizes,
            Rewards = RewardCatalogue.Parse(Models, rewards),
            HeldOut = RewardCatalogue.Parse(Models, string.Join(',', others)),
            TrainingPrompts = [.. split.Training.Select(p => p.Text).Distinct().Take(256)],
            EvaluationPrompts = [.. split.Evaluation.Select(p => p.Text).Distinct()],
            CacheFolder = Path.Combine(LabRuns.Root, "embeddings"),
            Device = IsTiny ? CPU : Lab.Device,
            Stop = CellInterrupt.Token,
        };
    }

    /// <summary>A recipe at the paper's geometry (T = 20) with the prompts per iteration that the sizes allow. Tiny models get a hundred times the step
    /// size and no weight average: they train for minutes, not for days.</summary>
    /// <param name="name">Such as <c>flux-branchgrpo</c>.</param>
    public static Recipe Recipe(string name)
    {
        var recipe = Sizes.Of(ImageRecipes.Find(name, Sizes.Policy.Tuning));
        return IsTiny ? recipe with { LearningRate = 100 * recipe.LearningRate, EmaDecay = null } : recipe;
    }

    /// <summary>Trains recipes for the preset's budget, or returns the runs if they were made before.</summary>
    /// <param name="recipes">The baseline first.</param>
    public static Comparison Compare(params IReadOnlyList<Recipe> recipes) => new(
        [.. recipes.Select(r => new MethodRuns(r.Name, [(1, LabRuns.Train(Task.Task, r, 1, CellInterrupt.Token, Memory))]))], Lab.Preset.Seconds);

    /// <summary>A policy after a run of <see cref="Compare"/>; the caller disposes it.</summary>
    public static FlowPolicy Trained(Recipe recipe) => LabRuns.Trained(Task.Task, recipe, 1, Memory);

    /// <summary>Grows one tree of a prompt with the base policy and scores its leaves with the trained reward.</summary>
    public static RolloutTree Grow(Recipe recipe, string prompt, ulong seed = 1)
    {
        var options = new RolloutOptions { MicroBatch = Sizes.MicroBatch };
        var tree = TreeRollout.Grow(BasePolicy, recipe.Plan.At(1, seed), [prompt], SeededNoise.For(seed, 1), options);
        TreeRollout.Score(tree, Task.Task.Reward);
        return tree;
    }

    /// <summary>Pictures of latents.</summary>
    /// <param name="latents">Of the policy. Shape [B, …latent].</param>
    /// <returns>In [−1, 1], on the CPU. Shape [B, 3, height, width]; the caller owns it.</returns>
    public static Tensor Pictures(Tensor latents) => Stacked(Task.Pictures(latents));

    /// <summary>One picture per prompt from the same noise.</summary>
    /// <param name="policy">Of the task.</param>
    /// <param name="prompts">Of the task.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <returns>In [−1, 1]. Shape [B, 3, height, width]; the caller owns it.</returns>
    public static Tensor Draw(FlowPolicy policy, IReadOnlyList<string> prompts, ulong seed = 5) => Stacked(Task.Draw(policy, prompts, seed));

    private static TrainingMemory Memory => new(Sizes.MicroBatch, 0);

    private static bool IsTiny => Models.Require(ModelKind.Flux).Part("transformer") is { Parameters: < 50_000_000 };

    private static Tensor Stacked(IReadOnlyList<Picture> pictures)
    {
        using var scope = NewDisposeScope();
        return stack(pictures.Select(p => p.ToTensor()), 0).mul(Scalars.Of(2)).sub(Scalars.Of(1)).MoveToOuterDisposeScope();
    }

    private static ImageTask Made(ImageTaskOptions options)
    {
        LibTorch.Load();
        return ImageTask.Create(options);
    }

    private static ImagePreset Fitting() => ImagePreset.Fitting(ImageFamily.Flux, DeviceMemory.Of(Lab.Device)?.Bytes ?? 0)
        ?? throw new InvalidOperationException($"No preset of FLUX fits {Lab.Device}; 80 GB is the least.");

    private static ModelFolder FindModels()
    {
        LibTorch.Load();
        if (Lab.Preset.Device != "cpu" && Environment.GetEnvironmentVariable(ModelsVariable) is { Length: > 0 } named) return ModelFolder.Open(named);
        var identity = typeof(TinyModels).Assembly.ManifestModule.ModuleVersionId.ToString("N")[..8];
        var folder = Path.Combine(LabRuns.Root, "tiny-models-" + identity);
        return File.Exists(Path.Combine(folder, TinyModels.Prompts)) ? ModelFolder.Open(folder) : TinyModels.Make(folder);
    }
}
