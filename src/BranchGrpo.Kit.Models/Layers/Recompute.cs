using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Activation checkpointing: a part of a network keeps only its inputs and is computed again when gradients are needed.</summary>
/// <remarks>Chen et al., arXiv 1604.06174, one segment per block. The second computation back-propagates by itself, so gradients of the weights it used
/// are added to them directly, adapters included, and only those of the inputs are handed on. There is no gradient of a gradient.</remarks>
internal static class Recompute
{
    /// <summary>body(inputs) with little memory. Without gradients it is just that.</summary>
    /// <param name="part">Whose weights the body uses; it is computed again with the adapters that it had the first time.</param>
    /// <param name="body">Owns nothing of its inputs; its results do not depend on random numbers. It must not use other tensors of the caller: they
    /// may be gone when it runs again.</param>
    /// <param name="inputs">Tensors of any type, all that the body uses.</param>
    /// <returns>What the body returned.</returns>
    public static Tensor[] Of(nn.Module part, Func<Tensor[], Tensor[]> body, params Tensor[] inputs)
    {
        if (!is_grad_enabled()) return body(inputs);
        using var scope = NewDisposeScope();
        // Weights that need gradients are no inputs of the node; this one makes it part of the graph even if no input needs any.
        var anchor = empty(0, device: inputs[0].device, requires_grad: true);
        var results = Segment.apply([new Body(part, body), anchor, .. inputs]);
        return [.. results.Select(r => r.MoveToOuterDisposeScope())];
    }

    private sealed class Body(nn.Module part, Func<Tensor[], Tensor[]> body)
    {
        private readonly Linear[] linears = [.. part.modules().OfType<Linear>()];
        private Func<Tensor, Tensor, Tensor>?[]? adapters;

        public Tensor[] First(Tensor[] inputs)
        {
            adapters = [.. linears.Select(l => l.Adapter)];
            return body(inputs);
        }

        public Tensor[] Again(Tensor[] inputs)
        {
            var now = linears.Select(l => l.Adapter).ToArray();
            try
            {
                Put(adapters!);
                return body(inputs);
            }
            finally
            {
                Put(now);
            }
        }

        private void Put(Func<Tensor, Tensor, Tensor>?[] of)
        {
            for (var i = 0; i < linears.Length; i++) linears[i].Adapter = of[i];
        }
    }

    private sealed class Segment : autograd.MultiTensorFunction<Segment>
    {
        // What backward returns is read before this thread runs another backward, and no dispose scope of a GPU's thread would ever free it.
        [ThreadStatic]
        private static Tensor?[]? returned;

        public override string Name => nameof(Recompute);

        public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
        {
            using var scope = NewDisposeScope();
            Tensor[] tensors = [.. inputs[2..].Cast<Tensor>()];
            // Otherwise a gradient that nobody needs would be made, from a tensor that the caller's scope has freed.
            context.set_materialize_grads(false);
            context.save_data("body", inputs[0]);
            context.save_data("inputs", inputs.Length);
            context.save_for_backward([.. tensors]);
            return [.. ((Body)inputs[0]).First(tensors).Select(r => r.MoveToOuterDisposeScope())];
        }

        public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            Return([]);
            var result = Ops.Guard(() => Again((Body)context.get_data("body"), context.get_saved_variables(), gradients), (int)context.get_data("inputs"));
            foreach (var gradient in gradients) gradient.Dispose();
            return Return(result);
        }

        private static List<Tensor> Return(List<Tensor> gradients)
        {
            foreach (var tensor in returned ?? []) tensor?.Dispose();
            returned = [.. gradients];
            return gradients;
        }

        private static List<Tensor> Again(Body body, List<Tensor> saved, List<Tensor> gradients)
        {
            using var scope = NewDisposeScope();
            Tensor[] inputs = [.. saved.Select(s => s.detach().requires_grad_(s.requires_grad))];
            foreach (var tensor in saved) tensor.Dispose();
            using (enable_grad())
            {
                var outputs = body.Again(inputs);
                int[] used = [.. Enumerable.Range(0, outputs.Length).Where(i => !gradients[i].IsInvalid && outputs[i].requires_grad)];
                if (used.Length > 0) autograd.backward([.. used.Select(i => outputs[i])], [.. used.Select(i => gradients[i])]);
            }
            return [null!, null!, .. inputs.Select(x => x.requires_grad ? x.grad?.DetachFromDisposeScope()! : null!)];
        }
    }
}
