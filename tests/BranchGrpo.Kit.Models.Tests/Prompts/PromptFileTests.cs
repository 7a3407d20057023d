using BranchGrpo.Kit.Models.Prompts;

namespace BranchGrpo.Kit.Models.Tests.Prompts;

public sealed class PromptFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("prompts").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Text_has_a_prompt_a_line_and_bad_lines_are_numbered()
    {
        var start = "\ufeffa red cat\r\n\n  a blue dog  \r\na red cat\n[x] {y}\nbell\a\n";
        var read = Read("list.txt", start + new string('x', 40_000) + "\n一只猫\nlast", PromptRules.NoChinese);
        Assert.Equal(["a red cat", "a blue dog", "[x] {y}", "last"], read.Prompts.Select(p => p.Text));
        Assert.Equal([1, 3, 5, 9], read.Prompts.Select(p => p.Line));
        Assert.Equal([2, 6, 7, 8], read.Problems.Select(p => p.Line));
        Assert.Contains("empty line", read.Problems[0].Reason, StringComparison.Ordinal);
        Assert.Contains("U+0007", read.Problems[1].Reason, StringComparison.Ordinal);
        Assert.Contains("found 40000 bytes", read.Problems[2].Reason, StringComparison.Ordinal);
        Assert.Contains("Chinese", read.Problems[3].ToString(), StringComparison.Ordinal);
        Assert.Equal((1, 4), (read.Repeated, read.ProblemCount));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_reported()
    {
        var path = Path.Combine(folder, "list.txt");
        File.WriteAllBytes(path, [(byte)'a', (byte)'\n', 0xFF, 0xFE, (byte)'b', (byte)'\n']);
        var read = PromptFile.Read(path);
        Assert.Equal("a", Assert.Single(read.Prompts).Text);
        Assert.Contains("UTF-8", Assert.Single(read.Problems).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"human_preference": [1, 0], "prompt": "one", "file_path": ["prompt", "b"]}, {"file_path": [], "prompt": "two \u00e9"}]""")]
    [InlineData("""[{"image_path": ["x"], "rank": [2, 1], "raw_annotations": {"prompt": "no"}, "prompt": "one"}, {"prompt": "two é", "rank": null}]""")]
    [InlineData("""[{"prompt_embed_path": "0.pt", "caption": "one"}, {"prompt_embed_path": "1.pt", "text_ids": "1.pt", "caption": "two é"}]""")]
    [InlineData("""["one", "two é", "one"]""")]
    public void Published_JSON_files_are_understood(string json) => Assert.Equal(["one", "two é"], Read("train.json", json).Prompts.Select(p => p.Text));

    [Fact]
    public void Entries_without_a_prompt_are_named_by_their_line()
    {
        var read = Read("test.json", """
            [
              {"prompt": "one"},
              {"promt": "two"},
              {"prompt": 3},
              4, null, ["five"],
              {"prompt": ["six"]},
              {"prompt": ""},
              "eight"
            ]
            """);
        Assert.Equal(["one", "eight"], read.Prompts.Select(p => p.Text));
        Assert.Equal([2, 8], read.Prompts.Select(p => p.Line));
        Assert.Equal([3, 4, 5, 5, 5, 6, 7], read.Problems.Select(p => p.Line));
    }

    [Fact]
    public void Damaged_JSON_is_read_up_to_the_damage()
    {
        var read = Read("train.json", "[\n{\"prompt\": \"one\"},\n{\"prompt\": two}\n]");
        Assert.Equal("one", Assert.Single(read.Prompts).Text);
        Assert.Equal(3, Assert.Single(read.Problems).Line);
        Assert.Contains("not read", read.Problems[0].Reason, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(Read("cut.json", "[\"one\",\n\"tw").Problems).Line);
    }

    [Fact]
    public void Long_files_pass_through_a_small_buffer()
    {
        var path = Path.Combine(folder, "train.json");
        using (var file = File.CreateText(path))
        {
            file.Write("[");
            for (var i = 0; i < 20_000; i++)
                file.Write($"{(i > 0 ? "," : "")}\n{{\"human_preference\": [0, 1], \"prompt\": \"prompt {i} {new string('y', i % 50)}\"}}");
            file.Write("]");
        }
        var read = PromptFile.Read(path);
        Assert.Equal(20_000, read.Prompts.Count);
        Assert.All(read.Prompts, (p, i) => Assert.Equal((i + 2, $"prompt {i} {new string('y', i % 50)}".Trim()), (p.Line, p.Text)));
        Assert.Equal(7, PromptFile.Read(path, limit: 7).Prompts.Count);
    }

    [Fact]
    public void JSON_lines_are_told_by_their_first_character()
    {
        var read = Read("prompts.jsonl", "{\"prompt\": \"one\"}\n{\"tag\": 2}\nthree\n{\"caption\": \"four\"}\n");
        Assert.Equal(["one", "four"], read.Prompts.Select(p => p.Text));
        Assert.Equal([2, 3], read.Problems.Select(p => p.Line));
        Assert.Equal("x", Assert.Single(Read("prompts", "{\"prompt\": \"x\"}").Prompts).Text);
    }

    [Fact]
    public void The_benchmark_is_a_folder_of_styles_and_is_split_evenly()
    {
        foreach (var style in PromptFile.Styles)
            File.WriteAllText(Path.Combine(folder, $"{style}.json"), $"[{string.Join(",", Enumerable.Range(0, 30).Select(i => $"\"{style} {i % 29}\""))}]");
        var read = PromptFile.Read(folder);
        Assert.Equal(120, read.Prompts.Count);
        var split = read.Split(40, seed: 3);
        Assert.All(split.Evaluation.CountBy(p => p.Style!), count => Assert.Equal(10, count.Value));
        Assert.Empty(split.Evaluation.Select(p => p.Text).Intersect(split.Training.Select(p => p.Text)));
        Assert.NotEqual(split.Evaluation, read.Split(40, seed: 4).Evaluation);
        Assert.Throws<ArgumentOutOfRangeException>(() => read.Split(120));
    }

    [Fact]
    public void A_split_does_not_depend_on_the_order_of_the_file()
    {
        string[] prompts = [.. Enumerable.Range(0, 200).Select(i => $"prompt {i}")];
        var split = Read("a.txt", string.Join('\n', prompts)).Split(40);
        var reversed = Read("b.txt", string.Join('\n', prompts.Reverse())).Split(40);
        Assert.Equal(split.Evaluation.Select(p => p.Text).Order(), reversed.Evaluation.Select(p => p.Text).Order());
        Assert.Equal(160, split.Training.Count);
    }

    [Fact]
    public void A_file_without_prompts_says_why()
    {
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Read("a.txt", "")).Message, StringComparison.Ordinal);
        Assert.Contains("b.json:1", Assert.Throws<InvalidDataException>(() => Read("b.json", "{\"prompts\": []}")).Message, StringComparison.Ordinal);
        var other = Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName;
        Assert.Contains("photo.json", Assert.Throws<FileNotFoundException>(() => PromptFile.Read(other)).Message, StringComparison.Ordinal);
    }

    private PromptFile Read(string name, string text, Func<string, string?>? rule = null)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return PromptFile.Read(path, rule: rule);
    }
}
