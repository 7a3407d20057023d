using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Lora;

/// <summary>The adapter of one linear layer: y = W·x + b + scale·B·(A·x), with A and B in float32 whatever the type of W.</summary>
internal sealed class LoraLayer : NamedModule
{
    private readonly Linear layer;
    private readonly Linear down;
    private readonly Linear up;

    /// <param name="layer">Borrowed.</param>
    /// <param name="rank">r.</param>
    /// <param name="scale">α/r.</param>
    public LoraLayer(Linear layer, long rank, double scale) : base(nameof(LoraLayer))
    {
        (this.layer, Rank, Scale) = (layer, rank, scale);
        var format = new WeightFormat(ScalarType.Float32, layer.Weight.device);
        down = Add("lora_A", new Linear(layer.Inputs, rank, format, bias: false));
        up = Add("lora_B", new Linear(rank, layer.Outputs, format, bias: false));
        foreach (var parameter in parameters()) parameter.requires_grad_(true);
    }

    public long Rank { get; }

    public double Scale { get; }

    public bool Enabled
    {
        get => layer.Adapter is not null;
        set => layer.Adapter = value ? Adapt : null;
    }

    /// <summary>A uniform in ±1/√inputs, B zero: the adapter changes nothing yet.</summary>
    public void Initialise(Generator generator)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var draw = rand(down.Weight.shape, dtype: ScalarType.Float32, device: CPU, generator: generator);            // [r, inputs]
        down.Weight.copy_(draw.mul(Scalars.Of(2)).sub(Scalars.Of(1)).mul(Scalars.Of(1 / Math.Sqrt(layer.Inputs))));
        up.Weight.zero_();
    }

    /// <summary>W + scale·B·A, added in float32 and rounded once to the type of W.</summary>
    /// <returns>Shape [outputs, inputs].</returns>
    public Tensor MergedWeight()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var update = Ops.MatMul(up.Weight, down.Weight).mul(Scalars.Of(Scale));                                      // [outputs, inputs]
        return layer.Weight.to(ScalarType.Float32).add(update).to(layer.Weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Puts the update into the layer's own weight.</summary>
    public void Merge()
    {
        using var quiet = no_grad();
        using var merged = MergedWeight();
        layer.Weight.copy_(merged);
    }

    // The scale is applied where the tensor is narrow.
    private Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var narrow = down.Forward(x.to(ScalarType.Float32)).mul(Scalars.Of(Scale));                                  // […, r]
        return y.add(up.Forward(narrow)).to(y.dtype).MoveToOuterDisposeScope();
    }
}
