using System.Security.Cryptography;
using SkiaSharp;
using Xunit;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public sealed class DataTests : IDisposable
{
    private static readonly string[] files = ["policy.safetensors", "reward.safetensors", "reward-heldout.safetensors"];
    private readonly string folder = Directory.CreateTempSubdirectory("shapes").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void CopyShipped()
    {
        foreach (var file in files) File.Copy(Path.Combine(Shipped.Folder, file), Path.Combine(folder, file));
    }

    [Fact]
    public void The_readme_states_the_checksum_of_every_file()
    {
        var readme = File.ReadAllText(Path.Combine(Shipped.Repository(), "data", "README.md"));
        Assert.Equal(files.Order(StringComparer.Ordinal),
            Directory.GetFiles(Shipped.Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        foreach (var file in files)
            Assert.Contains($"`{file}` | {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Shipped.Folder, file))))}", readme);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_command_that_makes_it()
    {
        foreach (var file in files)
        {
            CopyShipped();
            File.Delete(Path.Combine(folder, file));
            var message = Assert.Throws<FileNotFoundException>(() => ShapesTask.Create(folder)).Message;
            Assert.Contains(file, message);
            Assert.Contains("branchgrpo shapes pretrain", message);
            foreach (var rest in Directory.GetFiles(folder)) File.Delete(rest);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(1000)]
    [InlineData(-1)]
    public void A_damaged_file_is_named_with_the_command_that_makes_it(int length)
    {
        foreach (var file in files)
        {
            CopyShipped();
            var path = Path.Combine(folder, file);
            var bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, bytes[..(length < 0 ? bytes.Length - 1 : length)]);
            var message = Assert.Throws<InvalidDataException>(() => ShapesTask.Create(folder)).Message;
            Assert.Contains(file, message);
            Assert.Contains("branchgrpo shapes pretrain", message);
            foreach (var rest in Directory.GetFiles(folder)) File.Delete(rest);
        }
    }

    [Fact]
    public void Weights_of_another_network_are_refused()
    {
        CopyShipped();
        File.Copy(Path.Combine(folder, "reward-heldout.safetensors"), Path.Combine(folder, "reward.safetensors"), overwrite: true);
        Assert.Contains("reward.safetensors", Assert.Throws<InvalidDataException>(() => ShapesTask.Create(folder)).Message);
        Assert.Throws<InvalidDataException>(() => ShapesPolicy.Load(Path.Combine(folder, "policy.safetensors"), ShapesSize.GpuSmall));
    }

    [Fact]
    public void A_saved_policy_reads_back()
    {
        using var policy = new ShapesPolicy(ShapesSize.Cpu, seed: 7);
        var path = Path.Combine(folder, "p.safetensors");
        policy.Save(path);
        using var back = ShapesPolicy.Load(path, ShapesSize.Cpu);
        Assert.All(policy.Network.state_dict(), p => Assert.True(Tensors.Same(p.Value, back.Network.state_dict()[p.Key]), p.Key));
    }

    [Fact]
    public void The_data_folder_is_found_from_the_program_or_given()
    {
        Assert.Equal(Shipped.Folder, ShapesData.Locate());
        Assert.Equal(folder, ShapesData.Locate(folder));
        var inside = Directory.CreateDirectory(Path.Combine(folder, "shapes")).FullName;
        Assert.Equal(inside, ShapesData.Locate(folder));
        Assert.Contains("nowhere", Assert.Throws<DirectoryNotFoundException>(() => ShapesData.Locate(Path.Combine(folder, "nowhere"))).Message);
    }

    [Fact]
    public void The_base_policy_is_usable_and_has_room_to_rise()
    {
        var scores = Shipped.BaseScores;
        Assert.InRange(scores["reward"], 0.45, 0.75);
        Assert.InRange(scores["heldout"], 0.45, 0.75);
        Assert.InRange(scores["verifier"], 0.2, 0.6);
        Assert.InRange(scores["diversity"], 0.15, 0.35);
        Assert.InRange(scores["rmse"], 0.11, 0.2);
    }

    [Fact]
    public void The_task_offers_what_experiments_need()
    {
        var task = Shipped.Task;
        Assert.Equal("shapes", task.Name);
        Assert.Equal(192, task.TrainingPrompts.Count);
        using var policy = task.CreatePolicy();
        using var latents = ShapesSampler.Sample(policy, task.TrainingPrompts.Take(3).ToArray(), 3, 1);
        Assert.All(task.Reward(latents, task.TrainingPrompts.Take(3).ToArray()), r => Assert.InRange(r, -1, 1));
    }

    [Fact]
    public void A_grid_is_a_png_with_the_pictures_in_their_places()
    {
        using var scope = NewDisposeScope();
        Tensor sign = tensor(new float[] { 1, -1, 1, -1, 1 }).view(5, 1, 1, 1), red = tensor(new float[] { 1, -1, -1 }).view(1, 3, 1, 1);
        var pictures = sign * red * ones(5, 3, 32, 32);
        var path = Path.Combine(folder, "new", "grid.png");
        PictureGrid.Save(path, pictures, 3);
        using var bitmap = SKBitmap.Decode(path);
        Assert.Equal((304, 204), (bitmap.Width, bitmap.Height));
        Assert.Equal(SKColors.Red, bitmap.GetPixel(50, 50));
        Assert.Equal(SKColors.Cyan, bitmap.GetPixel(150, 50));
        Assert.Equal(SKColors.Red, bitmap.GetPixel(150, 150));
        Assert.Equal(SKColors.White, bitmap.GetPixel(250, 150));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        Assert.True(PictureGrid.Encode(pictures, 3, ["a", "b", "c", "d", "e"]).Length > 0);
        Assert.Throws<ArgumentException>(() => PictureGrid.Encode(pictures, 3, ["a"]));
        Assert.Throws<ArgumentException>(() => PictureGrid.Encode(pictures[0], 3));
    }
}
