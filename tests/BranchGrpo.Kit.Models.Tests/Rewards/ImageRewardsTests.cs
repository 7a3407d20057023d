using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Models.Rewards;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>The rewards of a folder of tiny models in the published layouts: pictures and prompts in, scores out.</summary>
public sealed class ImageRewardsTests : IClassFixture<ImageRewardsTests.Folder>
{
    private static readonly string[] Prompts = ["a red cat at night", "a red cat at night", "A QUIET boat, by the sea!", "a golden robot"];
    private static readonly Picture[] Pictures = [.. Enumerable.Range(0, 4).Select(i => Striped(40 + 9 * i, 50 - 5 * i, i))];
    private readonly string folder;

    public ImageRewardsTests(Folder made) => folder = made.Path;

    public static TheoryData<string> Names => ["hpsv2.1", "pickscore", "clipscore", "clipscore of transformers", "imagereward", "aesthetic"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_belong_to_their_picture_and_prompt(string name)
    {
        using var reward = Load(name);
        Assert.Equal(name.Split(' ')[0], reward.Name);
        Assert.Contains(folder, reward.Source);
        var together = reward.Score(Pictures, Prompts);
        for (var i = 0; i < Pictures.Length; i++)
        {
            Assert.Equal(together[i], reward.Score([Pictures[i]], [Prompts[i]])[0], 4);
            Assert.Equal(together[i] * reward.Scale.Factor, reward.Published(together[i]), 9);
        }
        Assert.NotEqual(together[0], together[1]);
        // More pictures than go through the network at once.
        int[] which = [.. Enumerable.Range(0, 21).Select(i => (i + i / 16) % 4)];                  // without the period of a batch
        var many = reward.Score([.. which.Select(i => Pictures[i])], [.. which.Select(i => Prompts[i])]);
        for (var i = 0; i < many.Length; i++) Assert.Equal(together[which[i]], many[i], 4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_the_aesthetic_score_ignores_the_prompt(string name)
    {
        using var reward = Load(name);
        var scores = reward.Score([Pictures[0], Pictures[0]], [Prompts[0], Prompts[2]]);
        Assert.Equal(name == "aesthetic", scores[0] == scores[1]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Half_precision_weights_give_nearly_the_same(string name)
    {
        using var full = Load(name);
        using var half = Load(name, new WeightFormat(ScalarType.BFloat16, CPU));
        var (a, b) = (full.Score(Pictures, Prompts), half.Score(Pictures, Prompts));
        for (var i = 0; i < a.Length; i++) Assert.InRange(b[i] - a[i], -0.05, 0.05);
    }

    [Fact]
    public void Published_scales_are_those_of_the_releases()
    {
        using var hps = Load("hpsv2.1");
        using var pick = Load("pickscore");
        using var blip = Load("imagereward");
        Assert.Equal(28.7, hps.Published(0.287), 9);
        using var network = RewardFiles.Filled(new ClipModel(ClipConfig.Read(Path.Combine(folder, "pickscore", "config.json")), WeightFormat.Cpu),
            Path.Combine(folder, "pickscore"));
        Assert.Equal(network.Factor() * 0.22, pick.Published(0.22), 9);
        Assert.Equal(1.3, blip.Published(1.3));
    }

    [Fact]
    public void Scoring_leaves_no_tensors_behind()
    {
        foreach (var name in Names)
        {
            using var reward = Load((string)name);
            reward.Score(Pictures, Prompts);
            var before = Tensor.TotalCount;
            reward.Score(Pictures, Prompts);
            Assert.Equal(before, Tensor.TotalCount);
        }
    }

    [Fact]
    public void Mixtures_score_as_their_parts_do()
    {
        using var mixed = new WeightedReward([new(Load("hpsv2.1"), 1), new(Load("imagereward"), 0.5)]);
        Assert.Equal("hpsv2.1 + 0.5 imagereward", mixed.Name);
        var each = mixed.ScoreEach(Pictures, Prompts);
        Assert.Equal(each[0].Zip(each[1], (a, b) => a + 0.5 * b), mixed.Score(Pictures, Prompts));
        using var standard = new WeightedReward(mixed.Parts, RewardMixing.Advantages);
        Assert.Equal(RewardMixture.OfAdvantages([1, 0.5], each, Prompts), standard.Score(Pictures, Prompts));
        Assert.Throws<ArgumentException>(() => new WeightedReward([.. mixed.Parts, mixed.Parts[0]]));
        Assert.Throws<ArgumentException>(() => new WeightedReward([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => mixed.Parts[0] with { Weight = double.NaN });
    }

    [Theory]
    [InlineData("HPS_v2.1_compressed.pt", "hpsv2.1", "v2.1")]
    [InlineData("HPS_v2_compressed.pt", "hpsv2.0", "v2.0")]
    [InlineData("my_hps.pt", "hps", "unknown")]
    public void The_version_of_hps_is_told_by_the_file_name_and_said(string file, string name, string said)
    {
        var copy = Path.Combine(Directory.CreateTempSubdirectory().FullName, file);
        File.Copy(Path.Combine(folder, "hps", "HPS_v2.1_compressed.pt"), copy);
        File.Copy(Path.Combine(folder, "hps", "config.json"), Path.Combine(Path.GetDirectoryName(copy)!, "config.json"));
        using var reward = ImageRewards.Hps(copy, tokenizer: Path.Combine(folder, "clip-l"));
        Assert.Equal(name, reward.Name);
        Assert.Contains(said, reward.Source);
        Assert.Contains(said, reward.Scale.Raw);
        Directory.Delete(Path.GetDirectoryName(copy)!, true);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        var empty = Directory.CreateTempSubdirectory().FullName;
        Missing("HPS_v2.1_compressed.pt", () => ImageRewards.Hps(empty));
        Missing("no such file", () => ImageRewards.ImageReward(Path.Combine(empty, "none")));
        Missing("merges.txt", () => ImageRewards.PickScore(Path.Combine(folder, "pickscore"), tokenizer: empty));
        Missing("vocab.txt", () => ImageRewards.ImageReward(Path.Combine(folder, "imagereward"), tokenizer: empty));
        var other = Path.Combine(folder, "imagereward", "ImageReward.pt");
        var error = Assert.Throws<InvalidDataException>(() => ImageRewards.Hps(other, tokenizer: Path.Combine(folder, "clip-l")));
        Assert.Contains("visual.conv1.weight", error.Message);
        using var hps = Load("hpsv2.1");
        Assert.Throws<ArgumentException>(() => hps.Score(Pictures, ["one"]));
        Assert.Empty(hps.Score([], []));
        Directory.Delete(empty);

        static void Missing(string named, Func<ImageReward> load) => Assert.Contains(named, Assert.Throws<FileNotFoundException>(load).Message);
    }

    private ImageReward Load(string name, WeightFormat? format = null)
    {
        string In(string part) => Path.Combine(folder, part);
        return name switch
        {
            "hpsv2.1" => ImageRewards.Hps(In("hps"), format, In("clip-l")),
            "pickscore" => ImageRewards.PickScore(In("pickscore"), format),
            "clipscore" => ImageRewards.ClipScore(In("dfn"), format),
            "clipscore of transformers" => ImageRewards.ClipScore(In("clip-l"), format),
            "imagereward" => ImageRewards.ImageReward(In("imagereward"), format),
            _ => ImageRewards.Aesthetic(In("aesthetic"), In("clip-l"), format),
        };
    }

    private static Picture Striped(int width, int height, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[3 * width * height];
        random.NextBytes(bytes);
        return new Picture(width, height, PictureMode.Rgb, bytes);
    }

    public sealed class Folder : IDisposable
    {
        public Folder() => TinyModels.Make(Path);

        public string Path { get; } = Directory.CreateTempSubdirectory().FullName;

        public void Dispose() => Directory.Delete(Path, true);
    }
}
