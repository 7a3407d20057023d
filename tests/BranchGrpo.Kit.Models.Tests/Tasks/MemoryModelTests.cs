using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

public sealed class MemoryModelTests(ITestOutputHelper output)
{
    static MemoryModelTests() => LibTorch.Load();

    [Fact]
    public void Parameters_are_those_of_the_published_checkpoints()
    {
        var flux = PublishedSizes.Work(ImageFamily.Flux, new());
        var medium = PublishedSizes.Work(ImageFamily.Sd3, new());
        Assert.Equal((11_901_408_320, 0), (flux.Parameters, flux.Buffers));
        Assert.Equal((2_243_171_520, 226_492_416), (medium.Parameters, medium.Buffers));
        Assert.Equal(83_819_683, new DecoderWork(PublishedSizes.Autoencoder, 720, 720).Parameters);
        Assert.Equal(129_600, new DecoderWork(PublishedSizes.Autoencoder, 720, 720).LatentValues);
    }

    [Fact]
    public void Adapters_of_rank_128_have_the_values_worked_out_for_FLUX()
    {
        var flux = PublishedSizes.Work(ImageFamily.Flux, new());
        Assert.Equal(209_190_912, flux.AdapterParameters(FineTuning.Adapters.OfAttention(128).Options));           // 19·8 + 38·3 layers of 128·(3072 + 3072)
        Assert.Equal(523, flux.AdapterParameters(new() { Rank = 128, Alpha = 128, Targets = LoraOptions.FluxAttentionAndFeedForward }) / 1_000_000);
    }

    [Fact]
    public void Work_of_FLUX_is_that_of_its_blocks()
    {
        // 19 double and 38 single blocks of 12·D² per token, 2·N²·D for attention: 2537 tokens of 3072 at 720 x 720.
        var flux = PublishedSizes.Work(ImageFamily.Flux, new());
        Assert.Equal(2 * 57 * (12 * 3072.0 * 3072 * 2537 + 2 * 2537.0 * 2537 * 3072), flux.Forward, flux.Forward * 0.01);
        var trained = flux.Trained(FineTuning.Adapters.OfAttention(128), checkpointing: true);
        Assert.InRange(trained / flux.Forward, 3, 3.3);
        Assert.InRange(flux.Trained(new FineTuning.Full(), checkpointing: false) / flux.Forward, 3, 3.3);
    }

    [Fact]
    public void States_of_full_training_take_16_bytes_a_weight()
    {
        var preset = ImagePreset.Find("gpu80", ImageFamily.Sd3);
        var prediction = MemoryModel.Of(preset, ImageRecipes.Find("sd3-branchgrpo", preset.Policy.Tuning) with { EmaDecay = null });
        string[] states = ["transformer", "gradients and Adam"];
        var bytes = prediction.Resident.Where(p => states.Contains(p.Name)).Sum(p => p.Bytes);
        Assert.Equal(16.0 * 2_243_171_520 + 2.0 * 226_492_416, bytes);
    }

    [Fact]
    public void FLUX_has_no_preset_for_24_GB_and_says_why()
    {
        Assert.Contains("23.8 GB", Assert.Throws<ArgumentException>(() => ImagePreset.Find("gpu24", ImageFamily.Flux)).Message);
        Assert.Null(ImagePreset.Fitting(ImageFamily.Flux, 24_000_000_000));
        Assert.Equal("gpu24", ImagePreset.Fitting(ImageFamily.Sd3, 25_000_000_000)!.Name);
        Assert.Equal("gpu80", ImagePreset.Fitting(ImageFamily.Flux, 85_000_000_000)!.Name);
    }

    [Fact]
    public void Presets_fit_their_cards()
    {
        foreach (var preset in ImagePreset.All.Where(p => p.Name != "tiny"))
        {
            var name = preset.Family == ImageFamily.Flux ? "flux-branchgrpo" : "sd3-branchgrpo";
            var prediction = MemoryModel.Of(preset, preset.Of(ImageRecipes.Find(name, preset.Policy.Tuning)));
            output.WriteLine($"{preset.Family} {preset.Name}: peak {prediction.Peak / 1e9:f1} of {preset.Card.Bytes / 1e9:f0} GB, {prediction.Seconds:f0} s, "
                + $"paper {prediction.PaperSeconds}; sampling {prediction.Sampling / 1e9:f1} scoring {prediction.Scoring / 1e9:f1} "
                + $"training {prediction.Training / 1e9:f1}; " + string.Join(", ", prediction.Resident.Select(p => $"{p.Name} {p.Bytes / 1e9:f2}")));
            Assert.True(prediction.Fits);
            Assert.True(prediction.Seconds > 0);
        }
    }
}
