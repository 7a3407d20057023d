using CsCheck;
using Xunit;

namespace BranchGrpo.Kit.Shapes.Tests;

public class CaptionTests
{
    [Fact]
    public void Every_caption_reads_back_as_itself() =>
        Assert.All(Caption.All, c =>
        {
            Assert.Equal(c, Caption.Parse(c.ToString()));
            Assert.Equal(c.Index, ((c.Attributes[0] * 6 + c.Attributes[1]) * 2 + c.Attributes[2]) * 5 + c.Attributes[3]);
        });

    [Fact]
    public void Attributes_and_text_agree()
    {
        var caption = Caption.Parse("  Large RED circle  top left ");
        Assert.Equal(("circle", "red", "large", "top left"), (caption.Shape, caption.Colour, caption.Size, caption.Position));
        Assert.Equal(5, caption.Index);
        Assert.Equal("small cyan cross center", Caption.FromIndex(234).ToString());
        Assert.Equal(240, Caption.All.Select(c => c.ToString()).Distinct().Count());
    }

    [Theory]
    [InlineData("large red hexagon top left", "hexagon", "triangle")]
    [InlineData("large pink circle top left", "pink", "magenta")]
    [InlineData("huge red circle top left", "huge", "small")]
    [InlineData("large red circle middle", "middle", "center")]
    [InlineData("circle", "1 words", "large red circle top left")]
    [InlineData("", "0 words", "large red circle top left")]
    public void An_unknown_caption_is_refused_with_what_was_not_understood(string text, string culprit, string suggestion)
    {
        var message = Assert.Throws<FormatException>(() => Caption.Parse(text)).Message;
        Assert.Contains(culprit, message);
        Assert.Contains(suggestion, message);
    }

    [Fact]
    public void Any_text_is_a_caption_or_a_FormatException() => Gen.String.Sample(text =>
    {
        try { return Caption.Parse(text) is not null; }
        catch (FormatException) { return true; }
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(240)]
    public void Numbers_outside_are_refused(int index) => Assert.Throws<ArgumentOutOfRangeException>(() => Caption.FromIndex(index));

    [Fact]
    public void The_split_is_192_24_24_without_overlap_and_never_changes()
    {
        Assert.Equal((192, 24, 24), (ShapesPrompts.Training.Count, ShapesPrompts.Validation.Count, ShapesPrompts.Test.Count));
        Assert.Equal(240, ShapesPrompts.Training.Concat(ShapesPrompts.Validation).Concat(ShapesPrompts.Test).Distinct().Count());
        Assert.Equal(2852, ShapesPrompts.Test.Sum(t => Caption.Parse(t).Index));
        Assert.Equal(3030, ShapesPrompts.Validation.Sum(t => Caption.Parse(t).Index));
        Assert.All(ShapesPrompts.Test, t => Caption.Parse(t));
    }
}
