using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tests.Tasks;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Policies;

public sealed class PromptCacheTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("branchgrpo-cache-").FullName;
    private readonly List<string> encoded = [];
    private int loaded;

    static PromptCacheTests() => LibTorch.Load();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Prompts_are_embedded_once_and_read_in_any_order()
    {
        var cache = new PromptCache(folder, "encoders");
        cache.Fill(["a", "bb", "a"], Load);
        cache.Fill(["bb", "ccc"], Load);
        cache.Fill(["a"], Load);
        Assert.Equal(["a", "bb", "ccc"], encoded);
        Assert.Equal(2, loaded);
        using var rows = cache.Read(["ccc", "a", "ccc"], ScalarType.BFloat16, CPU);
        Assert.Equal([3, 2, 4], rows.Tensors[0].shape);
        Assert.Equal([3f, 1f, 3f], rows.Tensors[1].select(1, 0).to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal(ScalarType.BFloat16, rows.Tensors[0].dtype);
    }

    [Fact]
    public void A_fill_that_was_stopped_goes_on_where_it_was()
    {
        var cache = new PromptCache(folder, "encoders");
        using var stop = new CancellationTokenSource();
        var seen = new List<PromptProgress>();
        cache.Fill(["a", "bb", "ccc"], Load, new Told(p =>
        {
            seen.Add(p);
            if (p.Done == 2) stop.Cancel();
        }), stop.Token);
        Assert.Equal(["ccc"], cache.Missing(["a", "bb", "ccc"]));
        cache.Fill(["a", "bb", "ccc"], Load);
        Assert.Equal(["a", "bb", "ccc"], encoded);
        Assert.Equal([(1, 3), (2, 3)], seen.Select(p => (p.Done, p.Total)));
    }

    [Fact]
    public void What_is_missing_damaged_or_of_other_encoders_is_refused()
    {
        var cache = new PromptCache(folder, "encoders");
        cache.Fill(["a", "bb"], Load);
        Assert.Contains("Embed prompts", Assert.Throws<FileNotFoundException>(() => cache.Read(["x"], ScalarType.Float32, CPU)).Message);
        Assert.Equal(["a"], new PromptCache(folder, "others").Missing(["a"]));
        File.Copy(cache.FileOf("bb"), cache.FileOf("a"), overwrite: true);
        Assert.Throws<InvalidDataException>(() => cache.Read(["a"], ScalarType.Float32, CPU));
        File.WriteAllBytes(cache.FileOf("a"), [1, 2, 3]);
        Assert.Throws<InvalidDataException>(() => cache.Read(["a"], ScalarType.Float32, CPU));
    }

    [Fact]
    public void Fingerprints_tell_encoders_apart()
    {
        void Write(byte last) => File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), [.. new byte[1 << 20], last]);
        Write(1);
        var first = PromptCache.Fingerprint("512", [folder]);
        Assert.NotEqual(first, PromptCache.Fingerprint("256", [folder]));
        Write(2);
        Assert.NotEqual(first, PromptCache.Fingerprint("512", [folder]));
        Write(1);
        Assert.Equal(first, PromptCache.Fingerprint("512", [folder]));
    }

    [Theory]
    [InlineData(ImageFamily.Flux)]
    [InlineData(ImageFamily.Sd3)]
    public void Encoders_of_a_pipeline_fill_the_shapes_that_its_transformer_takes(ImageFamily family)
    {
        var pipeline = DiffusionPipeline.Open(TinyTask.PipelineOf(family));
        using var encoder = pipeline.LoadEncoder(TinyTask.Preset(family).Policy);
        using var one = encoder.Encode(TinyTask.Prompts[0]);
        using var other = encoder.Encode(TinyTask.Prompts[1]);
        Assert.Equal(family == ImageFamily.Flux ? [16, 32] : [77 + 16, 96], one.Tokens.shape);
        Assert.Equal(family == ImageFamily.Flux ? [32] : [32 + 48], one.Pooled.shape);
        Assert.NotEqual(one.Tokens.data<float>().ToArray(), other.Tokens.data<float>().ToArray());
        Assert.NotEqual(one.Pooled.data<float>().ToArray(), other.Pooled.data<float>().ToArray());
    }

    private Counting Load()
    {
        loaded++;
        return new(encoded);
    }

    /// <summary>A prompt becomes its length.</summary>
    private sealed class Counting(List<string> encoded) : PromptEncoder
    {
        public override PromptEmbedding Encode(string prompt)
        {
            encoded.Add(prompt);
            return new(full([2, 4], prompt.Length, dtype: ScalarType.Float32), full([3], prompt.Length, dtype: ScalarType.Float32));
        }

        public override void Dispose() { }
    }

    private sealed class Told(Action<PromptProgress> told) : IProgress<PromptProgress>
    {
        public void Report(PromptProgress value) => told(value);
    }
}
