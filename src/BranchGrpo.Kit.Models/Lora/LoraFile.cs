using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Lora;

/// <summary>Adapters in the files of peft and of diffusers.</summary>
internal sealed class LoraFile : IDisposable
{
    private const string PeftConfig = "adapter_config.json";
    private const string PeftWeights = "adapter_model.safetensors";
    private const string DiffusersWeights = "pytorch_lora_weights.safetensors";
    private const string Header = "lora_adapter_metadata";
    private const string Down = ".lora_A.weight";
    private readonly string path;
    private readonly string prefix;
    private readonly SafeTensorFile file;

    private LoraFile(string path, LoraFormat format, Func<SafeTensorFile, LoraSettings?> settings)
    {
        (this.path, prefix, file) = (path, Prefix(format), SafeTensors.Read(path));
        try
        {
            if (file.Tensors.Keys.FirstOrDefault(k => !k.StartsWith(prefix, StringComparison.Ordinal)) is { } stranger)
                throw new InvalidDataException($"{path}: expected names that begin with {prefix}, found {stranger}");
            var found = settings(file);
            Layers =
            [
                .. from tensor in file.Tensors
                   where tensor.Key.EndsWith(Down, StringComparison.Ordinal)
                   let layer = tensor.Key[prefix.Length..^Down.Length]
                   let rank = tensor.Value.shape[0]
                   select (layer, rank, found?.Scale(layer, rank) ?? 1),
            ];
            if (Layers.Count == 0) throw new InvalidDataException($"{path}: no tensor is named {prefix}….lora_A.weight");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Each adapted layer with its rank and its scale α/r.</summary>
    public IReadOnlyList<(string Layer, long Rank, double Scale)> Layers { get; }

    public static LoraFile Read(string path)
    {
        if (File.Exists(Path.Combine(path, PeftConfig)))
        {
            var settings = LoraSettings.Parse(File.ReadAllText(Path.Combine(path, PeftConfig)), Path.Combine(path, PeftConfig), "");
            return new LoraFile(Path.Combine(path, PeftWeights), LoraFormat.Peft, _ => settings);
        }
        if (Directory.Exists(path)) path = Path.Combine(path, DiffusersWeights);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: expected {PeftConfig} with {PeftWeights}, or {DiffusersWeights}.", path);
        // Without this header diffusers takes alpha = rank.
        return new LoraFile(path, LoraFormat.Diffusers, file =>
            file.Metadata.TryGetValue(Header, out var text) ? LoraSettings.Parse(text, path, Prefix(LoraFormat.Diffusers)) : null);
    }

    public static void Write(
        string path, LoraFormat format, IEnumerable<(string Layer, long Rank, double Scale)> layers, IEnumerable<(string Name, Parameter Value)> parameters)
    {
        var settings = LoraSettings.Of(layers);
        var tensors = parameters.Select(p => KeyValuePair.Create(Prefix(format) + p.Name, (Tensor)p.Value));
        var header = new Dictionary<string, string> { ["format"] = "pt" };
        if (format == LoraFormat.Peft)
        {
            SafeTensors.Write(Path.Combine(path, PeftWeights), tensors, header);
            WholeFile.Write(Path.Combine(path, PeftConfig), temporary => File.WriteAllText(temporary, settings.Json("")));
            return;
        }
        header[Header] = settings.Json(Prefix(format));
        SafeTensors.Write(path.EndsWith(".safetensors", StringComparison.Ordinal) ? path : Path.Combine(path, DiffusersWeights), tensors, header);
    }

    /// <summary>Fills adapters made for <see cref="Layers"/>.</summary>
    /// <exception cref="InvalidDataException">Missing, left over or wrongly shaped; every one is named.</exception>
    public void CopyTo(LoraAdapters adapters)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var parameters = adapters.Parameters().ToDictionary(p => prefix + p.Name, p => p.Value);
        string[] wrong =
        [
            .. parameters.Keys.Except(file.Tensors.Keys).Select(k => $"{k}: missing"),
            .. file.Tensors.Keys.Except(parameters.Keys).Select(k => $"{k}: neither lora_A nor lora_B of a layer with both"),
            .. parameters.Where(p => file.Tensors.TryGetValue(p.Key, out var stored) && !stored.shape.SequenceEqual(p.Value.shape))
                .Select(p => $"{p.Key}: expected [{string.Join(", ", p.Value.shape)}], found [{string.Join(", ", file.Tensors[p.Key].shape)}]"),
        ];
        if (wrong.Length > 0) throw new InvalidDataException($"{path} does not fit:\n  {string.Join("\n  ", wrong)}");
        foreach (var (name, parameter) in parameters) parameter.copy_(file.Tensors[name]);
    }

    public void Dispose() => file.Dispose();

    private static string Prefix(LoraFormat format) => format == LoraFormat.Peft ? "base_model.model." : "transformer.";
}
