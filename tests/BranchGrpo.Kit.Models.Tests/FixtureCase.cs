using System.Text;
using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>One reference case: its description, its tensors, and what was found when comparing.</summary>
/// <param name="name">Relative to the folder of fixtures.</param>
/// <param name="output">Is told the largest error of each group of tensors at the end.</param>
internal sealed class FixtureCase(string name, ITestOutputHelper output) : IDisposable
{
    private readonly List<string> failures = [];
    private readonly SortedDictionary<string, (double Error, string Tensor, double Tolerance)> worst = [];
    private WeightSource? io;
    private readonly HashSet<string> seen = [];
    private int compared;

    public string Folder { get; } = Path.Combine(Fixtures.Folder, name);

    /// <summary>case.json.</summary>
    public JsonElement Case => field.ValueKind == JsonValueKind.Undefined ? field = Json("case.json") : field;

    /// <summary>io.safetensors.</summary>
    public WeightSource Io => io ??= Checkpoint.Open(File("io.safetensors"));

    public string File(string file) => Path.Combine(Folder, file);

    public bool Has(string tensor) => Io.Entries.ContainsKey(tensor);

    public Tensor Tensor(string tensor) => Io.Read(tensor);

    public JsonElement Json(string file)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllText(File(file)));
        return document.RootElement.Clone();
    }

    /// <summary>max|got − reference| / max|reference| within the tolerance; the largest error is kept for each first part of the name.</summary>
    public void Near(string tensor, Tensor got, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var expected = Tensor(tensor).to(ScalarType.Float64);
        if (!expected.shape.SequenceEqual(got.shape))
        {
            failures.Add($"{tensor}: expected [{string.Join(", ", expected.shape)}], got [{string.Join(", ", got.shape)}]");
            return;
        }
        if (expected.numel() == 0) return;
        var error = ((got.to(ScalarType.Float64).cpu() - expected).abs().max() / expected.abs().max().clamp_min(1e-300)).item<double>();
        Note(tensor, error, tolerance);
    }

    /// <summary>Compares what a network shows of itself with the case's <c>mid.*</c>, where the case has it.</summary>
    public void Probe(string part, Tensor got, double tolerance)
    {
        if (Has($"mid.{part}")) Near($"mid.{part}", got, tolerance);
    }

    /// <summary>Adds an error that was measured elsewhere.</summary>
    public void Note(string tensor, double error, double tolerance)
    {
        compared++;
        See(tensor);
        var group = tensor.Split('.')[0];
        if (!worst.TryGetValue(group, out var known) || !(error <= known.Error)) worst[group] = (error, tensor, tolerance);
        if (!(error <= tolerance)) failures.Add($"{tensor}: error {error:e2}, tolerance {tolerance:e2}");
    }

    /// <summary>A tensor that is described rather than compared, such as the argument of a table.</summary>
    public void See(string tensor) => seen.Add(tensor);

    /// <summary>Compares the gradient of every parameter that the case has as <c>grad.NAME</c>.</summary>
    public void NearGradients(nn.Module network, double tolerance)
    {
        using var scope = NewDisposeScope();
        foreach (var (parameter, value) in network.named_parameters())
            if (Has($"grad.{parameter}")) Near($"grad.{parameter}", value.grad ?? zeros_like(value), tolerance);
    }

    /// <summary>Fails if a result, intermediate value or gradient of the case was left out.</summary>
    public void AllCompared()
    {
        foreach (var tensor in Io.Entries.Keys.Where(k => k.StartsWith("out.") || k.StartsWith("mid.") || k.StartsWith("grad.")))
            if (!seen.Contains(tensor)) failures.Add($"{tensor}: not compared");
    }

    /// <summary>Says what was measured and fails if anything was off, or if nothing was compared.</summary>
    public void Done()
    {
        var text = new StringBuilder($"{name}: {compared} compared");
        foreach (var (group, (error, tensor, tolerance)) in worst) text.Append($"; {group} {error:e2} of {tolerance:e2} ({tensor})");
        output.WriteLine(text.ToString());
        Assert.True(compared > 0, $"{name}: nothing was compared");
        Assert.True(failures.Count == 0, $"{name}: {failures.Count} of {compared} differ:\n{string.Join("\n", failures.Take(20))}");
    }

    public void Dispose() => io?.Dispose();
}
