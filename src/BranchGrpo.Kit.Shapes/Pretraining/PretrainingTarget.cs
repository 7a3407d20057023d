namespace BranchGrpo.Kit.Shapes;

/// <summary>A network that pretraining makes.</summary>
public enum PretrainingTarget
{
    /// <summary>The base policy.</summary>
    Policy,

    /// <summary>The reward that policies are trained on.</summary>
    Reward,

    /// <summary>The second reward, made independently and never optimised.</summary>
    HeldOutReward,
}
