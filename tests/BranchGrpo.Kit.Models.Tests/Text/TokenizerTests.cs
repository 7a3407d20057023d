using BranchGrpo.Kit.Models.Text;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class TokenizerTests
{
    private static string Folder(string name) => Path.Combine(Fixtures.Folder, "tokenizers", name);

    [Fact]
    public void Rows_are_cut_before_the_end_token_and_padded_after_it()
    {
        var clip = ClipTokenizer.Load(Folder("clip"), ClipVariant.Plain);
        var row = clip.Encode("a photo of a cat", 4);
        Assert.Equal([clip.StartId, .. clip.Content("a photo").Select(id => (long)id), clip.EndId], row);
        Assert.Equal([clip.StartId, clip.EndId, clip.PaddingId], clip.Encode("", 3));
        Assert.Equal(0, ClipTokenizer.Load(Folder("clip"), ClipVariant.OpenClip).PaddingId);

        var t5 = T5Tokenizer.Load(Folder("t5"));
        Assert.Equal([t5.EndId, t5.PaddingId, t5.PaddingId], t5.Encode("", 3));
        Assert.Equal(t5.EndId, t5.Encode("a cat on a mat", 3)[2]);
    }

    [Fact]
    public void End_token_in_a_text_counts_once_for_the_python_tokenizer_only()
    {
        T5Tokenizer slow = T5Tokenizer.Load(Folder("t5"), T5Variant.Slow), fast = T5Tokenizer.Load(Folder("t5"));
        Assert.Single(slow.Ids("a</s>"), id => id == slow.EndId);
        Assert.Equal(2, fast.Ids("a</s>").Count(id => id == fast.EndId));
        Assert.Equal(fast.Ids("a").Length + fast.Ids("b").Length, fast.Ids("a <extra_id_0> b").Length);
    }

    [Theory, InlineData("Metaspace", T5Variant.Fast), InlineData("WhitespaceSplit", T5Variant.FastWhiteSpace)]
    public void Form_of_the_fast_tokenizer_is_that_of_its_file(string form, T5Variant variant)
    {
        const string Text = "c1\u0085next line";
        var folder = Directory.CreateTempSubdirectory().FullName;
        File.Copy(Path.Combine(Folder("t5"), "spiece.model"), Path.Combine(folder, "spiece.model"));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), $$$"""{"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "{{{form}}}"}]}}""");
        Assert.Equal(T5Tokenizer.Load(Folder("t5"), variant).Ids(Text), T5Tokenizer.Load(folder).Ids(Text));
        Assert.NotEqual(T5Tokenizer.Load(folder, T5Variant.Fast).Ids(Text), T5Tokenizer.Load(folder, T5Variant.FastWhiteSpace).Ids(Text));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Files_of_another_kind_are_refused()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "vocab.json"), """{"a": 0, "b": 1}""");
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\n");
        Assert.Contains("byte-level", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(folder, ClipVariant.Fast)).Message);
        File.WriteAllBytes(Path.Combine(folder, "spiece.model"), [0x0A, 0x02, 0x0A, 0x00, 0x12, 0x02, 0x18, 0x02]);
        Assert.Contains("unigram", Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(folder)).Message);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\na\n");
        Assert.Contains("[SEP]", Assert.Throws<InvalidDataException>(() => BertTokenizer.Load(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }
}
