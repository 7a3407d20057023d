using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

/// <summary>Tiny pipelines and rewards in a temporary folder, made once for all tests.</summary>
internal static class TinyTask
{
    private static readonly Lazy<string> Models = new(() =>
    {
        LibTorch.Load();
        var folder = Directory.CreateTempSubdirectory("branchgrpo-tiny-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        TinyModels.Make(folder);
        return folder;
    });

    public static string Folder => Models.Value;

    public static string[] Prompts { get; } = ["a red cube on a table", "two blue birds", "a lighthouse at night", "an old map"];

    public static string PipelineOf(ImageFamily family) => Path.Combine(Folder, family.ToString().ToLowerInvariant());

    /// <summary>The tiny preset with changes.</summary>
    public static ImagePreset Preset(ImageFamily family, Func<PolicyOptions, PolicyOptions>? change = null)
    {
        var preset = ImagePreset.Find("tiny", family);
        return change is null ? preset : preset with { Policy = change(preset.Policy) };
    }

    public static ImageTaskOptions Options(ImageFamily family, Func<PolicyOptions, PolicyOptions>? change = null) => new()
    {
        Pipeline = PipelineOf(family),
        Preset = Preset(family, change),
        Rewards = [new("hps", device => ImageRewards.Hps(Path.Combine(Folder, "hps"), Format(device), Path.Combine(Folder, "flux", "tokenizer")))],
        HeldOut = [new("pickscore", device => ImageRewards.PickScore(Path.Combine(Folder, "pickscore"), Format(device)))],
        TrainingPrompts = Prompts[..3],
        EvaluationPrompts = Prompts[3..],
        CacheFolder = Path.Combine(Folder, "cache"),
    };

    public static ImageTask Create(ImageFamily family, Func<PolicyOptions, PolicyOptions>? change = null) => ImageTask.Create(Options(family, change));

    /// <summary>A recipe with 4 steps and 4 leaves: what a test trains in a moment.</summary>
    public static Recipe Recipe(ImageFamily family, string method, FineTuning? tuning = null)
    {
        var preset = Preset(family);
        var recipe = preset.Of(ImageRecipes.Find($"{family}-{method}", tuning ?? preset.Policy.Tuning));
        var plan = recipe.Plan with { Schedule = NoiseSchedule.Shifted(4, ImageRecipes.Shift) };
        return recipe with
        {
            Plan = plan.Roots.PerPrompt > 1 ? plan with { Roots = new(4, plan.Roots.Noise) } : plan with { Splits = new SplitRule.Fixed(2, 0, 1) },
        };
    }

    private static WeightFormat Format(Device device) => new(ScalarType.Float32, device);

    /// <summary>The policy's velocity at one noise level, on fixed latents.</summary>
    public static float[] Velocity(FlowPolicy policy, int rows = 2, double sigma = 0.7)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(5);
        using var conditioning = policy.Encode([.. Prompts.Take(rows)]);
        return policy.Velocity(randn([rows, .. policy.LatentShape], generator: generator), sigma, conditioning).cpu().data<float>().ToArray();
    }

    public static Dictionary<string, float[]> Weights(nn.Module network, Func<string, bool>? where = null)
    {
        using var scope = NewDisposeScope();
        return network.state_dict().Where(p => where?.Invoke(p.Key) != false)
            .ToDictionary(p => p.Key, p => p.Value.to(ScalarType.Float32).cpu().data<float>().ToArray());
    }
}
