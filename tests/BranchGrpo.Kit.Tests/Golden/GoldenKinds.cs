using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>How each kind of file is replayed. The kind is read from the file's topic.</summary>
internal static class GoldenKinds
{
    public delegate void Replay(JsonElement root, JsonElement item, GoldenComparer compare);

    private static readonly (string Topic, Replay Replay)[] Kinds =
    [
        ("sigma schedule", GoldenSteps.Schedule),
        ("BranchGRPO step function", GoldenSteps.Branch),
        ("DanceGRPO flux_step", GoldenSteps.Dance),
        ("flow_grpo style SDE step", GoldenSteps.FlowGrpo),
        ("parse_split_points", GoldenText.Points),
        ("reward fusion over the tree", GoldenCredit.Fusion),
        ("use_group branch", GoldenCredit.Groups),
        ("flow_grpo per prompt statistics", GoldenCredit.FlowTracker),
        ("edge collection", GoldenCredit.Pruning),
        ("clipped GRPO loss per edge", GoldenCredit.Loss),
        ("MixGRPO dpm_step trajectories", GoldenDpm.Steps),
        ("MixGRPO run_sample_step", GoldenDpm.Sampling),
        ("complete DanceGRPO training", GoldenChains.Dance),
        ("complete MixGRPO training", GoldenMix.Train),
        ("whole tree rollout", GoldenRollout.Tree),
        ("complete BranchGRPO training", GoldenTraining.Branch),
        ("MixGRPO sliding window schedule", GoldenWindows.Rows),
        ("node / edge / forward pass accounting", GoldenNfe.Counts),
    ];

    public static Replay Of(JsonElement root)
    {
        var (format, topic) = (root.Text("format"), root.Text("topic") ?? "");
        if (format != "branchgrpo-golden/1") throw new NotSupportedException($"expected format branchgrpo-golden/1, found \"{format}\"");
        return Kinds.FirstOrDefault(k => topic.StartsWith(k.Topic, StringComparison.Ordinal)).Replay
            ?? throw new NotSupportedException($"no replay for files on \"{topic}\"; known are {string.Join("; ", Kinds.Select(k => k.Topic))}");
    }
}
