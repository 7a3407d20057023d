using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Settings of <see cref="AdamW"/>.</summary>
public sealed record AdamWOptions
{
    /// <summary>Step size.</summary>
    public double LearningRate { get; init => field = Require.NotNegative(value); } = 1e-4;

    /// <summary>Decoupled weight decay: p ← p·(1 − lr·wd) before the step.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); } = 1e-4;

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to √v̂.</summary>
    public double Epsilon { get; init; } = 1e-8;
}

/// <summary>AdamW on libtorch's fused kernel: one call for all parameters, and moments that can be saved by name.</summary>
/// <remarks>Loshchilov and Hutter, arXiv 1711.05101. TorchSharp's own loops over parameters and keys its state by native handle.</remarks>
public sealed class AdamW : IDisposable
{
    private const string Source = """
        def step(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], x: List[Tensor], n: List[Tensor], lr: float, b1: float,
            b2: float, wd: float, eps: float):
            torch._foreach_add_(n, 1)
            torch._fused_adamw_(p, g, m, v, x, n, lr=lr, beta1=b1, beta2=b2, weight_decay=wd, eps=eps, amsgrad=False, maximize=False)
            return n[0]

        """;

    private static readonly Lazy<jit.CompilationUnit> Kernel = new(() => jit.compile(Source));
    private readonly IReadOnlyList<(string Name, Parameter Parameter)> parameters;
    private readonly Tensor[] first, second, steps;
    private readonly AdamWOptions options;

    /// <summary>An optimiser with zero moments.</summary>
    /// <param name="parameters">Borrowed; names are those of the saved state.</param>
    /// <param name="options">Step size and decays.</param>
    public AdamW(IReadOnlyList<(string Name, Parameter Parameter)> parameters, AdamWOptions? options = null)
    {
        if (parameters.Count == 0) throw new ArgumentException("There is nothing to train: the policy names no trained parameters.", nameof(parameters));
        (this.parameters, this.options, LearningRate) = (parameters, options ?? new(), (options ?? new()).LearningRate);
        first = [.. parameters.Select(p => zeros_like(p.Parameter).DetachFromDisposeScope())];
        second = [.. parameters.Select(p => zeros_like(p.Parameter).DetachFromDisposeScope())];
        steps = [.. parameters.Select(p => zeros(1, dtype: float32, device: p.Parameter.device).squeeze(0).DetachFromDisposeScope())];
    }

    /// <summary>Step size of the next step.</summary>
    public double LearningRate { get; set; }

    /// <summary>Scales all gradients by min(1, max/(norm + 1e-6)).</summary>
    /// <returns>The norm before clipping.</returns>
    public double ClipGradients(double maxNorm)
    {
        using var scope = NewDisposeScope();
        return nn.utils.clip_grad_norm_(parameters.Select(p => p.Parameter), maxNorm);
    }

    /// <summary>One step along the gradients. Parameters without a gradient stay.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gradients = parameters.Select(p => p.Parameter.grad).ToArray();
        var present = Enumerable.Range(0, gradients.Length).Where(i => gradients[i] is not null).ToArray();
        if (present.Length == 0) return;
        Tensor[] Of(IReadOnlyList<Tensor?> all) => [.. present.Select(i => all[i]!)];
        Kernel.Value.invoke("step", Of([.. parameters.Select(p => p.Parameter)]), Of(gradients), Of(first), Of(second), Array.Empty<Tensor>(), Of(steps),
            LearningRate, options.Beta1, options.Beta2, options.WeightDecay, options.Epsilon);
    }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        foreach (var (_, parameter) in parameters) parameter.grad = null;
    }

    /// <summary>Moments and step counts by name; borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State() => parameters.SelectMany((p, i) => new KeyValuePair<string, Tensor>[]
    {
        new($"{p.Name}.exp_avg", first[i]), new($"{p.Name}.exp_avg_sq", second[i]), new($"{p.Name}.step", steps[i]),
    });

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        foreach (var tensor in first.Concat(second).Concat(steps)) tensor.Dispose();
    }
}
