using BranchGrpo.Kit.Models.Rewards;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>A reward that is loaded when a task needs it, after the text encoders have left the memory.</summary>
/// <param name="Name">Short name, such as <c>hps</c>: it names the task and its scores.</param>
/// <param name="Load">Loads it onto a device; the task owns the result.</param>
/// <param name="Weight">Factor in the sum that training maximises. Raw scales differ: HPS is about 0.3, PickScore about 22.</param>
public sealed record RewardSource(string Name, Func<Device, ImageReward> Load, double Weight = 1)
{
    /// <summary>Factor in the weighted sum.</summary>
    public double Weight { get; init => field = Finite(value); } = Finite(Weight);

    /// <summary>Tells its weights apart from others of the same name, so that a run is never continued with another reward.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Bytes of its weights on the device, for the prediction of memory.</summary>
    public long Bytes { get; init; }

    private static double Finite(double value) =>
        double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Weight), value, "must be finite");
}
