using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>The tensors of one safetensors file.</summary>
internal sealed class SafeTensorsSource(string path) : WeightSource
{
    private readonly SafeTensorFile file = SafeTensors.Read(path);

    public override string Name => path;

    public override IReadOnlyDictionary<string, WeightEntry> Entries =>
        field ??= file.Entries.ToDictionary(t => t.Key, t => new WeightEntry(Float8.Is(t.Value.Format) ? ScalarType.Float32 : t.Value.Dtype, t.Value.Shape));

    /// <summary>Texts of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    public override Tensor Read(string name)
    {
        if (!Float8.Is(file.Entries[name].Format)) return file.Read(name);
        using var bytes = file.Read(name);
        return Float8.Expand(bytes, file.Entries[name].Format);
    }

    public override void CopyTo(string name, Tensor target)
    {
        if (Float8.Is(file.Entries[name].Format)) base.CopyTo(name, target);
        else file.CopyTo(name, target);
    }

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }
}
