using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>The forest of one iteration as arrays in level order: a parent stands before its children; inside a level by prompt, parent, branch.
/// The edge into node i belongs to i.</summary>
public sealed class RolloutTree : IDisposable
{
    private readonly TreeShape shape;
    private readonly Tensor[] levels;

    internal RolloutTree(RolloutPlan plan, IReadOnlyList<string> prompts, Conditioning conditioning, Reduction reduction)
    {
        (Plan, Prompts, Conditioning, Reduction) = (plan, prompts, conditioning, reduction);
        shape = TreeShape.Of(plan, prompts.Count);
        levels = new Tensor[plan.Depth + 1];
        LogProb = new double[shape.Parent.Length];
    }

    /// <summary>Who is whose parent.</summary>
    internal TreeShape Shape => shape;

    /// <summary>How the tree was grown.</summary>
    public RolloutPlan Plan { get; }

    /// <summary>The prompts of the iteration.</summary>
    public IReadOnlyList<string> Prompts { get; }

    /// <summary>What the policy was told about them, one row per prompt.</summary>
    public Conditioning Conditioning { get; }

    /// <summary>How log-probabilities were reduced over the elements of a latent.</summary>
    public Reduction Reduction { get; }

    /// <summary>Parent of each node, −1 for roots.</summary>
    public int[] Parent => shape.Parent;

    /// <summary>Depth of each node, 0 for roots.</summary>
    public int[] Depth => shape.Depth;

    /// <summary>Position of each node's prompt in <see cref="Prompts"/>.</summary>
    public int[] Prompt => shape.Prompt;

    /// <summary>Log-probability of the edge into each node under the policy that drew it; 0 for roots and ODE edges.</summary>
    public double[] LogProb { get; }

    /// <summary>Whether the edge into a node is stochastic.</summary>
    public bool[] IsStochastic => shape.IsStochastic;

    /// <summary>Reward of each leaf, in node order; empty before scoring.</summary>
    public double[] Rewards { get; internal set; } = [];

    /// <summary>What the reward sees. Shape [leaves, …latent]; borrowed.</summary>
    public Tensor Leaves { get; internal set; } = null!;

    /// <summary>Means of the stochastic steps under the policy that drew them, per depth of the parent; kept only where an objective asks. Shape
    /// [n_d, …].</summary>
    public Tensor?[] Means { get; internal set; } = [];

    /// <summary>Policy calls that the first update can go backward through.</summary>
    internal KeptForwards Forwards { get; } = new();

    /// <summary>Network evaluations that growing the tree cost.</summary>
    public long Evaluations { get; internal set; }

    /// <summary>Number of nodes.</summary>
    public int Count => Parent.Length;

    /// <summary>Index of the first leaf; leaves are the last level.</summary>
    public int FirstLeaf => shape.LevelStart[Plan.Depth];

    /// <summary>Index of the first node of a level.</summary>
    public int LevelStart(int depth) => shape.LevelStart[depth];

    /// <summary>Number of nodes of a level.</summary>
    public int LevelCount(int depth) => shape.LevelStart[depth + 1] - shape.LevelStart[depth];

    /// <summary>Latents of a level, exactly as they were scored. Shape [n_d, …latent]; borrowed.</summary>
    public Tensor Level(int depth) => levels[depth];

    /// <summary>Elements of one latent.</summary>
    public long Elements => levels[0].numel() / levels[0].shape[0];

    internal void SetLevel(int depth, Tensor latents) => levels[depth] = latents.DetachFromDisposeScope();

    /// <summary>Frees the latents.</summary>
    public void Dispose()
    {
        foreach (var level in levels) level?.Dispose();
        foreach (var mean in Means) mean?.Dispose();
        Leaves?.Dispose();
        Forwards.Dispose();
        Conditioning.Dispose();
    }
}
