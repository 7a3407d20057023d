using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>y = W·x + b, with weights drawn from a generator of the caller's.</summary>
/// <remarks>The library's own layers draw their first weights from the global generator, which the kit never touches.</remarks>
internal sealed class Dense : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="generator">Draws U(±1/√inputs); null starts at zero.</param>
    public Dense(int inputs, int outputs, Generator? generator) : base(nameof(Dense))
    {
        weight = Weights.Uniform(generator, inputs, outputs, inputs);
        bias = Weights.Uniform(generator, inputs, outputs);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
}
