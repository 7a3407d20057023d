using System.Security.Cryptography;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Models.Text;
using TorchSharp;
using Xunit;

namespace BranchGrpo.Kit.Models.Tests.Library;

/// <summary>The tiny models are whole, and a folder of models says what is missing of them.</summary>
public sealed class TinyModelsTests : IClassFixture<TinyModelsTests.Folder>
{
    private readonly string made;

    public TinyModelsTests(Folder folder) => made = folder.Path;

    /// <summary>Made once, then copied.</summary>
    public sealed class Folder : IDisposable
    {
        public Folder() : this(1) { }

        internal Folder(ulong seed) => TinyModels.Make(Path, seed);

        internal Folder(string original)
        {
            foreach (var file in Directory.EnumerateFiles(original, "*", SearchOption.AllDirectories))
            {
                var copy = System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(original, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("branchgrpo-tiny-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    [Fact]
    public void Every_kind_is_found_by_its_contents_and_complete()
    {
        var folder = ModelFolder.Open(made);
        Assert.Equal(Enum.GetValues<ModelKind>(), folder.Models.Select(m => m.Kind));
        Assert.All(folder.Models, model => Assert.Empty(model.Faults));
        Assert.All(folder.Models, model => Assert.All(model.Parts, part => Assert.InRange(part.Parameters, 100, 2_000_000)));
        Assert.Equal(["transformer", "vae", "text_encoder", "text_encoder_2"], folder.Require(ModelKind.Flux).Parts.Select(p => p.Name));
        Assert.InRange(Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), 1 << 20, 10 << 20);
    }

    [Fact]
    public void Equal_seeds_give_equal_files_and_others_others()
    {
        using Folder again = new(), other = new(2);
        Assert.All(Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(made, f)),
            file => Assert.Equal(Checksum(made, file), Checksum(again.Path, file)));
        var reward = Path.Combine("hps", "HPS_v2.1_compressed.pt");
        Assert.NotEqual(Checksum(made, reward), Checksum(other.Path, reward));
        var weights = Path.Combine("flux", "vae", "diffusion_pytorch_model.safetensors");
        Assert.NotEqual(Checksum(made, weights), Checksum(other.Path, weights));
        Assert.NotEqual(Checksum(made, weights), Checksum(made, weights.Replace("flux", "sd3", StringComparison.Ordinal)));
    }

    [Fact]
    public void Vocabularies_know_their_words_whole_and_every_text_somehow()
    {
        var clip = ClipTokenizer.Load(Path.Combine(made, "flux", "tokenizer"), ClipVariant.Fast);
        Assert.All(["cat", "flower", "mountain"], word => Assert.Single(clip.Content(word)));
        Assert.Equal(77, clip.Encode("Zürich 図 42!", 77).Length);
        Assert.All(Enum.GetValues<T5Variant>(), variant =>
        {
            var t5 = T5Tokenizer.Load(Path.Combine(made, "flux", "tokenizer_2"), variant);
            Assert.Equal(2, t5.Content("red cat").Length);
            Assert.Equal(16, t5.Encode("Zürich 図 42!", 16).Length);
        });
    }

    [Theory]
    [InlineData("flux/vae/config.json", ModelKind.Flux, "vae/config.json is missing (the autoencoder)")]
    [InlineData("flux/tokenizer_2/spiece.model", ModelKind.Flux, "tokenizer_2/spiece.model is missing")]
    [InlineData("flux/transformer/diffusion_pytorch_model-00002-of-00002.safetensors", ModelKind.Flux, "00002-of-00002")]
    [InlineData("sd3/text_encoder_3/model.safetensors", ModelKind.StableDiffusion3, "text_encoder_3")]
    [InlineData("imagereward/vocab.txt", ModelKind.ImageReward, "vocab.txt is missing")]
    [InlineData("pickscore/merges.txt", ModelKind.PickScore, "merges.txt")]
    [InlineData("hps/HPS_v2.1_compressed.pt", ModelKind.Hps, "huggingface.co/xswu/HPSv2")]
    public void A_missing_file_is_named(string file, ModelKind kind, string expected)
    {
        using var folder = new Folder(made);
        File.Delete(Path.Combine(folder.Path, file));
        var refused = Assert.Throws<FileNotFoundException>(() => ModelFolder.Open(folder.Path).Require(kind));
        Assert.Contains(expected, refused.Message);
    }

    [Theory]
    [InlineData("flux/transformer/config.json", ModelKind.Flux)]
    [InlineData("flux/vae/diffusion_pytorch_model.safetensors", ModelKind.Flux)]
    [InlineData("hps/HPS_v2.1_compressed.pt", ModelKind.Hps)]
    [InlineData("clip-l/model.safetensors", ModelKind.ClipL)]
    public void A_damaged_file_is_a_fault_of_its_model_alone(string file, ModelKind kind)
    {
        using var folder = new Folder(made);
        File.WriteAllText(Path.Combine(folder.Path, file), "{ not what it says");
        var models = ModelFolder.Open(folder.Path);
        Assert.NotEmpty(models.Find(kind)!.Faults);
        Assert.All(models.Models.Where(m => m.Kind != kind), model => Assert.Empty(model.Faults));
    }

    [Theory]
    [InlineData("flux/transformer/config.json", "\"num_layers\": 1", "\"num_layers\": 2", ModelKind.Flux, "transformer_blocks.1.")]
    [InlineData("flux/transformer/config.json", "\"num_single_layers\": 2", "\"num_single_layers\": 1", ModelKind.Flux, "not part of this network")]
    [InlineData("sd3/vae/config.json", "\"latent_channels\": 16", "\"latent_channels\": 4", ModelKind.StableDiffusion3, "expected [")]
    [InlineData("pickscore/config.json", "\"patch_size\": 8", "\"patch_size\": 16", ModelKind.PickScore, "expected [")]
    [InlineData("hps/config.json", "\"embed_dim\": 24", "\"embed_dim\": 25", ModelKind.Hps, "expected [")]
    [InlineData("sd3/text_encoder_3/config.json", "\"d_model\": 96", "\"d_model\": \"wide\"", ModelKind.StableDiffusion3, "d_model")]
    public void Weights_are_held_against_their_configuration(string file, string before, string after, ModelKind kind, string expected)
    {
        using var folder = new Folder(made);
        var text = File.ReadAllText(Path.Combine(folder.Path, file));
        Assert.Contains(before, text);
        File.WriteAllText(Path.Combine(folder.Path, file), text.Replace(before, after, StringComparison.Ordinal));
        var fault = Assert.Single(ModelFolder.Open(folder.Path).Find(kind)!.Faults);
        Assert.Contains(expected, fault);
        Assert.DoesNotContain('\n', fault);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("state_dict")]
    public void Archives_give_back_the_tensors_that_were_written(string? key)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("branchgrpo-archive-").FullName, "weights.pt");
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(5);
        KeyValuePair<string, torch.Tensor>[] tensors =
        [
            new("scalar", torch.tensor(4.6f)), new("row", torch.randn([5], generator: generator)), new("plain", torch.randn([3, 2], generator: generator)),
            new("turned", torch.randn([2, 3, 4], generator: generator).permute(2, 0, 1)),
            new("half", torch.randn([2, 2], generator: generator).to(torch.float16)),
        ];
        TorchArchive.Write(path, tensors, key);
        using var read = Checkpoint.Open(path);
        Assert.Equal(tensors.Select(t => t.Key).Order(), read.Entries.Keys.Order());
        foreach (var (name, tensor) in tensors)
        {
            using var back = read.Read(name);
            Assert.Equal((tensor.dtype, string.Join(' ', tensor.shape)), (back.dtype, string.Join(' ', back.shape)));
            Assert.True(tensor.eq(back).all().item<bool>(), name);
        }
    }

    private static string Checksum(string folder, string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file))));
}
