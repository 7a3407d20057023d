using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Models.Tests.Tasks;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Policies;

public sealed class ImagePolicyTests
{
    [Theory]
    [InlineData(ImageFamily.Flux)]
    [InlineData(ImageFamily.Sd3)]
    public void Saved_adapters_give_the_same_policy(ImageFamily family)
    {
        using var task = TinyTask.Create(family);
        using var policy = Moved(task.LoadPolicy());
        var path = Path.Combine(TinyTask.Folder, "saved", family + ".safetensors");
        policy.Save(path);
        Assert.True(File.Exists(Path.Combine(ImagePolicy.FolderOf(path), "adapter_config.json")));
        using var read = task.LoadPolicy(path);
        using var clone = policy.Clone();
        Assert.Equal(TinyTask.Velocity(policy), TinyTask.Velocity(read));
        Assert.Equal(TinyTask.Velocity(policy), TinyTask.Velocity(clone));
        Assert.Equal(policy.TrainedNames(), read.TrainedNames());
        using var untrained = task.LoadPolicy();
        Assert.NotEqual(TinyTask.Velocity(untrained), TinyTask.Velocity(read));
    }

    [Fact]
    public void All_weights_are_saved_under_their_published_names()
    {
        using var task = TinyTask.Create(ImageFamily.Sd3, o => o with { Tuning = new FineTuning.Full() });
        using var policy = Moved(task.LoadPolicy());
        var path = Path.Combine(TinyTask.Folder, "saved", "full.safetensors");
        policy.Save(path);
        using (var file = Checkpoint.Open(path))
        using (var published = Checkpoint.Open(Path.Combine(TinyTask.PipelineOf(ImageFamily.Sd3), "transformer")))
            Assert.Equal(published.Entries.Keys.Order(), file.Entries.Keys.Order());
        using var read = task.LoadPolicy(path);
        Assert.Equal(TinyTask.Velocity(policy), TinyTask.Velocity(read));
    }

    [Fact]
    public void The_velocity_of_FLUX_is_its_transformers_at_sigma_and_guidance()
    {
        using var task = TinyTask.Create(ImageFamily.Flux, o => o with { Width = 64 });
        using var policy = task.LoadPolicy();
        using var transformer = FluxTransformer.Load(Path.Combine(TinyTask.PipelineOf(ImageFamily.Flux), "transformer"), WeightFormat.Cpu);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(5);
        using var text = policy.Encode(TinyTask.Prompts[..2]);
        var grid = randn([2, 16, 4, 8], generator: generator);
        var packed = FluxLatents.Pack(grid);
        var input = new FluxInput(packed, text.Tensors[0], text.Tensors[1], tensor([0.3f, 0.3f]), tensor([3.5f, 3.5f]), FluxLatents.Ids(2, 4),
            FluxLatents.TextIds(text.Tensors[0].shape[1]));
        Assert.Equal(policy.LatentShape, packed.shape[1..]);
        Assert.Equal(transformer.Forward(input).data<float>().ToArray(), policy.Velocity(packed, 0.3, text).data<float>().ToArray());
        Assert.Equal(grid.data<float>().ToArray(), policy.ToGrid(packed).contiguous().data<float>().ToArray());
    }

    [Fact]
    public void The_velocity_of_SD3_is_its_transformers_at_a_thousand_sigma()
    {
        var options = TinyTask.Preset(ImageFamily.Sd3, o => o with { Guidance = 1 }).Policy;
        var pipeline = DiffusionPipeline.Open(TinyTask.PipelineOf(ImageFamily.Sd3));
        using var task = TinyTask.Create(ImageFamily.Sd3);
        using var policy = pipeline.LoadPolicy(options, pipeline.Cache(Path.Combine(TinyTask.Folder, "cache"), options));
        using var transformer = Sd3Transformer.Load(Path.Combine(pipeline.Folder, "transformer"), WeightFormat.Cpu);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(5);
        using var text = policy.Encode(TinyTask.Prompts[..2]);
        var latents = randn([2, .. policy.LatentShape], generator: generator);
        var expected = transformer.Forward(latents, text.Tensors[0], text.Tensors[1], tensor([300f, 300f]));
        Assert.Equal(expected.data<float>().ToArray(), policy.Velocity(latents, 0.3, text).data<float>().ToArray());
    }

    [Fact]
    public void Guidance_of_SD3_equals_two_separate_calls()
    {
        using var task = TinyTask.Create(ImageFamily.Sd3);
        using var guided = task.LoadPolicy();
        var options = guided.Options with { Guidance = 1 };
        var pipeline = DiffusionPipeline.Open(TinyTask.PipelineOf(ImageFamily.Sd3));
        var cache = pipeline.Cache(Path.Combine(TinyTask.Folder, "cache"), options);
        using var alone = pipeline.LoadPolicy(options, cache);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(5);
        var latents = randn([2, .. guided.LatentShape], generator: generator);
        using Conditioning text = alone.Encode(TinyTask.Prompts[..2]), nothing = alone.Encode([Sd3Policy.NegativePrompt, Sd3Policy.NegativePrompt]);
        Tensor with = alone.Velocity(latents, 0.7, text), without = alone.Velocity(latents, 0.7, nothing);
        var expected = without + Sd3Policy.DefaultGuidance * (with - without);
        Assert.True((guided.Velocity(latents, 0.7, text) - expected).abs().max().item<float>() < 1e-4);
        Assert.True((with - without).abs().max().item<float>() > 1e-3);
    }

    [Fact]
    public void Guidance_and_noise_level_reach_FLUX()
    {
        using var task = TinyTask.Create(ImageFamily.Flux);
        using var policy = task.LoadPolicy();
        using var other = ImageTask.Create(TinyTask.Options(ImageFamily.Flux) with { Guidance = 1.5 });
        using var unguided = other.LoadPolicy();
        Assert.NotEqual(TinyTask.Velocity(policy), TinyTask.Velocity(unguided));
        Assert.NotEqual(TinyTask.Velocity(policy), TinyTask.Velocity(policy, sigma: 0.3));
        Assert.NotEqual(task.Task.Name, other.Task.Name);
    }

    [Theory]
    [InlineData(ImageFamily.Flux, 32, 64)]
    [InlineData(ImageFamily.Sd3, 48, 32)]
    public void Pictures_have_the_size_that_was_asked_for(ImageFamily family, int width, int height)
    {
        using var task = TinyTask.Create(family, o => o with { Width = width, Height = height });
        using var policy = task.LoadPolicy();
        var pictures = task.Draw(policy, TinyTask.Prompts[..2], seed: 1);
        Assert.All(pictures, p => Assert.Equal((width, height), (p.Width, p.Height)));
        Assert.Equal(pictures[1].Bytes.ToArray(), task.Draw(policy, TinyTask.Prompts[..2], seed: 1)[1].Bytes.ToArray());
        Assert.NotEqual(pictures[1].Bytes.ToArray(), task.Draw(policy, TinyTask.Prompts[..2], seed: 2)[1].Bytes.ToArray());
    }

    /// <summary>Gives what is trained other values.</summary>
    private static ImagePolicy Moved(ImagePolicy policy)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(9);
        foreach (var (_, parameter) in policy.TrainedParameters()) parameter.add_(0.1 * randn(parameter.shape, generator: generator));
        return policy;
    }
}
