using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Gradients of several variants on the same trees, at the policy that drew them.</summary>
public sealed class GradientSurvey : IDisposable
{
    private GradientSurvey(IReadOnlyList<VariantGradients> variants) => Variants = variants;

    /// <summary>What was found of each variant, in the order asked for.</summary>
    public IReadOnlyList<VariantGradients> Variants { get; }

    /// <summary>What was found of the variant of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public VariantGradients this[string name] =>
        Variants.FirstOrDefault(v => v.Name == name)
            ?? throw new KeyNotFoundException($"No variant \"{name}\"; there are {string.Join(", ", Variants.Select(v => v.Name))}.");

    /// <summary>Takes the gradient of every variant on every tree.</summary>
    /// <param name="trees">Drawn by the base policy, or by <paramref name="policy"/>; borrowed.</param>
    /// <param name="variants">The first is the one that cosines are taken to.</param>
    /// <param name="objective">Clip range and reduction; the default objective if null.</param>
    /// <param name="policy">Borrowed; <see cref="Lab.BasePolicy"/> if null.</param>
    public static GradientSurvey Of(
        IReadOnlyList<RolloutTree> trees, IReadOnlyList<GradientVariant> variants, Objective? objective = null, FlowPolicy? policy = null)
    {
        var probe = new GradientProbe(policy ?? Lab.BasePolicy, objective ?? new());
        var found = variants.Select(v => new VariantGradients(v.Name)).ToArray();
        foreach (var tree in trees)
        {
            using var scope = NewDisposeScope();
            Tensor? first = null;
            foreach (var (variant, gradients) in variants.Zip(found))
            {
                var gradient = gradients.Add(probe, tree, variant.Edges(tree), first);
                first ??= gradient;
            }
        }
        return new(found);
    }

    /// <summary>Frees the sums of gradients.</summary>
    public void Dispose()
    {
        foreach (var variant in Variants) variant.Dispose();
    }
}
