using System.Runtime.ExceptionServices;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>Safe forms of operations whose errors abort the process in TorchSharp 0.107: nothing else in the kit uses the raw ones.</summary>
public static class Ops
{
    // Process-wide, because libtorch back-propagates on a thread of its own where there is a GPU.
    private static Exception? failure;

    /// <summary>Batched matrix product. Shapes are checked first: the raw call ends the process on a mismatch.</summary>
    /// <param name="a">Shape […, n, k].</param>
    /// <param name="b">Shape […, k, m]; leading axes broadcast.</param>
    /// <returns>Shape […, n, m]; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor MatMul(Tensor a, Tensor b)
    {
        var (left, right) = (a.shape, b.shape);
        if (left.Length < 2 || right.Length < 2) throw Mismatch("both need at least two axes");
        if (left[^1] != right[^2]) throw Mismatch($"the inner axes {left[^1]} and {right[^2]} differ");
        if (a.dtype != b.dtype || a.device.ToString() != b.device.ToString())
            throw Mismatch($"types or devices differ: {a.dtype} on {a.device}, {b.dtype} on {b.device}");
        for (var k = 3; k <= Math.Min(left.Length, right.Length); k++)
            if (left[^k] != right[^k] && left[^k] != 1 && right[^k] != 1) throw Mismatch($"the leading axes {left[^k]} and {right[^k]} do not broadcast");
        return torch.matmul(a, b);

        ArgumentException Mismatch(string why) =>
            new($"Cannot multiply [{string.Join(", ", left)}] by [{string.Join(", ", right)}]: {why}.");
    }

    /// <summary>Gradients of a scalar with respect to tensors, leaving gradients that were there untouched.</summary>
    /// <param name="loss">A scalar with a graph.</param>
    /// <param name="parameters">Leaf tensors that require gradients.</param>
    /// <returns>One gradient each, zeros where the loss does not depend on one; the caller owns them.</returns>
    public static Tensor[] Gradients(Tensor loss, IReadOnlyList<Tensor> parameters)
    {
        var before = parameters.Select(p => p.grad).ToArray();
        foreach (var parameter in parameters) parameter.grad = null;
        try
        {
            Backward(loss);
            return [.. parameters.Select(p => p.grad is { } gradient ? gradient.clone() : zeros_like(p))];
        }
        finally
        {
            for (var i = 0; i < before.Length; i++) parameters[i].grad = before[i];
        }
    }

    /// <summary>Back-propagates, and rethrows what a <see cref="GuardedFunction"/> threw on the way, on whatever thread. Of two threads that
    /// back-propagate at once either may be told, but a failure is never lost.</summary>
    public static void Backward(Tensor loss)
    {
        loss.backward();
        if (Interlocked.Exchange(ref failure, null) is { } thrown) ExceptionDispatchInfo.Throw(thrown);
    }

    /// <summary>Runs the body of a custom backward. An exception that left it would end the process: it is kept for <see cref="Backward"/>, and no
    /// gradient flows.</summary>
    /// <param name="body">Makes one gradient per input.</param>
    /// <param name="inputs">Number of inputs.</param>
    internal static List<Tensor> Guard(Func<List<Tensor>> body, int inputs)
    {
        try
        {
            return body();
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure, e, null);
            return [.. Enumerable.Repeat<Tensor>(null!, inputs)];
        }
    }
}

/// <summary>A custom differentiable function of one tensor whose backward may throw. Use with <see cref="Ops.Backward"/>.</summary>
/// <param name="forward">y = f(x). Runs without gradient.</param>
/// <param name="backward">From (x, ∂L/∂y) to ∂L/∂x.</param>
public sealed class GuardedFunction(Func<Tensor, Tensor> forward, Func<Tensor, Tensor, Tensor> backward)
{
    /// <summary>y = f(x), with this function's gradient.</summary>
    public Tensor Apply(Tensor x) => Node.apply(x, forward, backward);

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(GuardedFunction);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            var x = (Tensor)inputs[0];
            context.save_for_backward([x]);
            context.save_data("backward", (Func<Tensor, Tensor, Tensor>)inputs[2]);
            return ((Func<Tensor, Tensor>)inputs[1])(x);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) =>
            Ops.Guard(() => [((Func<Tensor, Tensor, Tensor>)context.get_data("backward"))(context.get_saved_variables()[0], gradient), null!, null!], 3);
    }
}
